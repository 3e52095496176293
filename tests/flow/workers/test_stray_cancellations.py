"""Cancellations that are taken back, or that a library swallows, end no worker."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from framework.flow import FixedCapacity, Flow, Retry, StopProcessing, UtilizationCapacity
from virtual_time import play

pytestmark = pytest.mark.timeout(60)


async def taken_back(item):
    """Cancel the task and take that back before it arrives, as a TaskGroup does whose task failed at once."""
    task = asyncio.current_task()
    task.cancel()
    task.uncancel()
    return item


async def fails_at_once(item):
    async def stop():
        raise StopProcessing

    async with asyncio.TaskGroup() as group:
        group.create_task(stop())
    return item


@pytest.mark.parametrize("extras", [{}, {"batch": 1}, {"key": str}, {"timeout": 100}], ids=lambda extras: str(*extras))
def test_a_cancellation_that_is_taken_back_reaches_neither_the_worker_nor_the_next_item(extras):
    async def process(item):
        return await taken_back(item)

    async def several(items):
        return [await taken_back(item) for item in items]

    flow = Flow(capacity=FixedCapacity(1)).add(several if "batch" in extras else process, **extras)
    report = play(flow.add(nap).run(range(6)))
    assert report.counts["done"] == 6
    assert report.problems == ()


async def nap(item):
    await asyncio.sleep(1)
    return item


@pytest.mark.skipif(not hasattr(asyncio, "eager_task_factory"), reason="tasks start at once from Python 3.12 on")
def test_a_task_group_whose_task_fails_at_once_ends_no_worker():
    async def main():
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
        return await Flow(capacity=FixedCapacity(1)).add(fails_at_once).run(range(6))

    report = play(main())
    assert (report.counts["skipped"], report.problems) == (6, ())


def test_a_processor_that_cancels_its_own_task_under_a_timeout_ends_no_worker():
    async def clings(item):
        asyncio.current_task().cancel()
        for _ in range(2):
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(10)
        return item

    report = play(Flow(capacity=FixedCapacity(1)).add(clings, timeout=1).run(range(3)))
    assert report.problems == ()
    assert report.counts["taken"] == report.counts.ended
    assert report.counts["dropped"] == 0


@pytest.mark.parametrize("generates", [False, True], ids=["returns", "yields"])
def test_a_body_that_cancels_its_own_task_and_takes_too_long_is_tried_again(generates):
    attempts = []

    async def clings(item):
        attempts.append(item)
        asyncio.current_task().cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(0)
        await asyncio.sleep(10 if len(attempts) < 3 else 0)
        return item

    async def yields(item):
        yield await clings(item)

    flow = Flow(capacity=FixedCapacity(1)).add(yields if generates else clings, timeout=1, retry=Retry(3, wait=0))
    report = play(flow.run([7]))
    assert (attempts, report.counts["done"], report.counts["failed"]) == ([7, 7, 7], 1 + generates, 0)


@pytest.mark.skipif(not hasattr(asyncio, "eager_task_factory"), reason="tasks start at once from Python 3.12 on")
def test_scaling_up_with_eager_tasks_loses_nothing():
    async def main():
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
        capacity = UtilizationCapacity(1, 1, 3, sampling=1, cooldown=1, dampening=1)
        return await Flow(capacity=capacity).add(slow).run(range(4))

    async def slow(item):
        await asyncio.sleep(20)

    report = play(main())
    assert report.counts["done"] == 4
    assert report.scalings


def test_a_job_that_is_configured_while_the_flow_starts_waits_for_what_it_shares():
    class Shared:
        async def __aenter__(self):
            await asyncio.sleep(5)
            return nap

        async def __aexit__(self, *_):
            pass

    async def main():
        flow = Flow().add_job_with_factory(Shared(), FixedCapacity(1), "shared")
        running = asyncio.create_task(flow.run(range(3)))
        await asyncio.sleep(1)
        assert flow.why_waiting() == "the run is starting: resources are being entered and processors made"
        flow.configure("shared", FixedCapacity(3))
        await asyncio.sleep(4.5)
        assert flow.snapshot().nodes["shared"].workers == 3
        return await running

    assert play(main()).counts["done"] == 3
