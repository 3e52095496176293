"""Where a flow takes its time from: `Clock`, so that tests and simulations bring their own."""

from __future__ import annotations

import asyncio
import math
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


def is_time(seconds: object, *, endless: bool = False) -> bool:
    """Return whether that is a number of seconds to wait; infinite only where a wait may be `endless`."""
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        return False
    return 0 <= seconds < math.inf or (endless and seconds == math.inf)


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
async def deadline(clock: Clock, seconds: float, is_cancelled: Callable[[int], bool]) -> AsyncIterator[None]:
    """Cancel the block and raise TimeoutError when it is not done `seconds` from now on that clock.

    As `asyncio.timeout`, which takes it for a cancellation from outside where the block has cancelled its own task and
    not taken that back. `is_cancelled` tells whether there is one beside ours; it gets `cancelling()` of before.
    """
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - a coroutine runs
    before, expired = task.cancelling(), False

    def expire() -> None:
        nonlocal expired
        expired = True
        task.cancel()

    timer = clock.call_later(seconds, expire)
    try:
        yield
    except asyncio.CancelledError as error:
        if expired:
            expired = False
            task.uncancel()
            if not is_cancelled(before):
                raise TimeoutError from error
        raise
    finally:
        timer.cancel()
        if expired:
            task.uncancel()
