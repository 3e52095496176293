"""Awaiting a run in an event loop."""

import asyncio

import pytest
from samples import PATIENCE, fail, ignore, processor

from framework.core import Event, Pipeline
from framework.errors import RunFailed


def test_a_run_can_be_awaited():
    async def main():
        pipeline = Pipeline([processor(ignore, "a")])
        pipeline.submit(Event("a"))
        return await pipeline.start()

    assert asyncio.run(main()).delivered == {"sample": 1}


def test_awaiting_a_run_leaves_the_loop_free(paused):
    _, gate, running = paused

    async def main():
        waiting = asyncio.ensure_future(asyncio.wait_for(_wait(running), PATIENCE))
        await asyncio.sleep(0)
        gate.open()
        return await waiting

    assert asyncio.run(main()).delivered == {"sample": 3}


async def _wait(running):
    return await running


def test_awaiting_a_run_raises_for_failures():
    async def main():
        pipeline = Pipeline([processor(fail, "a")])
        pipeline.submit(Event("a"))
        await pipeline.start()

    with pytest.raises(RunFailed):
        asyncio.run(main())


def test_a_cancelled_await_does_not_stop_the_run(paused):
    _, gate, running = paused

    async def main():
        waiting = asyncio.ensure_future(_wait(running))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(main())
    gate.open()
    assert not running.wait().interrupted
