"""Waiting on a clock."""

from __future__ import annotations

import asyncio

from framework.flow.clock import sleep
from virtual_time import ManualClock, play


def test_a_sleep_that_is_cancelled_just_as_its_time_comes_is_cancelled():
    class Kept(ManualClock):
        def call_later(self, delay, callback):
            self.ring = callback
            return super().call_later(delay, callback)

    async def main():
        clock = Kept()
        sleeping = asyncio.create_task(sleep(clock, 5))
        await asyncio.sleep(0)
        sleeping.cancel()
        clock.ring()  # before the task has learnt of its cancellation
        await asyncio.wait({sleeping})
        assert sleeping.cancelled()

    play(main())
