"""Waiting on a clock."""

from __future__ import annotations

import asyncio

import pytest

from framework.flow.clock import deadline, sleep
from virtual_time import ManualClock, play


class Kept(ManualClock):
    """Rings when it is told to."""

    def call_later(self, delay, callback):
        self.ring = callback
        return super().call_later(delay, callback)


def test_a_sleep_that_is_cancelled_just_as_its_time_comes_is_cancelled():
    async def main():
        clock = Kept()
        sleeping = asyncio.create_task(sleep(clock, 5))
        await asyncio.sleep(0)
        sleeping.cancel()
        clock.ring()  # before the task has learnt of its cancellation
        await asyncio.wait({sleeping})
        assert sleeping.cancelled()

    play(main())


@pytest.mark.parametrize(("others", "raised"), [(0, TimeoutError), (1, asyncio.CancelledError)])
def test_a_deadline_lets_a_cancellation_by_another_through_that_comes_with_its_own(others, raised):
    async def limited(clock):
        task = asyncio.current_task()
        with pytest.raises(raised):
            async with deadline(clock, 5, lambda before: task.cancelling() > before):
                await asyncio.sleep(100)
        assert task.cancelling() == others

    async def main():
        clock = Kept()
        task = asyncio.create_task(limited(clock))
        await asyncio.sleep(0)
        clock.ring()
        for _ in range(others):
            task.cancel()
        await asyncio.wait({task})
        task.result()

    play(main())
