"""Where a flow takes its time from: `Clock`, so that tests and simulations bring their own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol


class Timer(Protocol):
    """Something that a clock will call."""

    def cancel(self) -> None:
        """Do not call it any more."""


class Clock(Protocol):
    """Tells the time and calls back; scaling, timeouts, rates and lingering batches go by it."""

    def now(self) -> float:
        """Seconds since some fixed moment."""

    def call_later(self, delay: float, callback: Callable[[], object]) -> Timer:
        """Have `callback` called `delay` seconds from now, on the event loop's thread."""


class LoopClock:
    """The clock of an event loop, which is `time.monotonic` unless the loop says otherwise."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        # asyncio's own loops ask `time.monotonic` through a method, which doubles what a worker pays per turn.
        plain = getattr(type(loop), "time", None) is asyncio.BaseEventLoop.time
        self.now: Callable[[], float] = time.monotonic if plain else loop.time
        self.call_later: Callable[[float, Callable[[], object]], Timer] = loop.call_later


async def sleep(clock: Clock, seconds: float) -> None:
    """Wait until `seconds` have passed on that clock."""
    over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def wake() -> None:
        if not over.done():
            over.set_result(None)

    timer = clock.call_later(seconds, wake)
    try:
        await over
    finally:
        timer.cancel()


@asynccontextmanager
async def deadline(clock: Clock, seconds: float) -> AsyncIterator[None]:
    """Cancel the block and raise TimeoutError when it is not done `seconds` from now on that clock."""
    loop = asyncio.get_running_loop()
    # asyncio's own timeout knows how to tell its cancellation from others; only the moment comes from our clock.
    async with asyncio.timeout(None) as timeout:
        timer = clock.call_later(seconds, lambda: timeout.reschedule(loop.time()))
        try:
            yield
        finally:
            timer.cancel()
