"""Time that passes only when nothing else can happen, so that no test waits and a hang shows at once."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import selectors
from collections.abc import Callable, Coroutine
from typing import Any


class Hang(AssertionError):
    """Nothing is ready, no timer is set, and the test has not ended."""


class _Jump(selectors.SelectSelector):
    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            raise Hang(f"waiting for ever: {[task.get_name() for task in asyncio.all_tasks(self.loop)]}")
        self.loop.now += timeout
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next timer instead of waiting for it."""

    def __init__(self) -> None:
        selector = _Jump()
        selector.loop = self
        self.now = 0.0
        super().__init__(selector)

    def time(self) -> float:
        return self.now


def play(main: Coroutine[Any, Any, Any]) -> Any:
    """Run `main` in virtual time, and see to it that it leaves no task behind."""

    async def alone() -> Any:
        result = await main
        for _ in range(3):  # a cancelled task needs a turn to be gone
            await asyncio.sleep(0)
        left = [task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        assert not left, f"tasks left behind: {left}"
        return result

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(alone())


class ManualClock:
    """A clock that a test moves by hand."""

    def __init__(self) -> None:
        self.time = 0.0
        self._timers: list[tuple[float, int, _Timer]] = []
        self._numbers = itertools.count()

    def now(self) -> float:
        return self.time

    def call_later(self, delay: float, callback: Callable[[], object]) -> _Timer:
        timer = _Timer(callback)
        heapq.heappush(self._timers, (self.time + delay, next(self._numbers), timer))
        return timer

    @property
    def pending(self) -> int:
        return sum(not timer.cancelled for _, _, timer in self._timers)

    async def advance(self, seconds: float) -> None:
        """Let that much time pass, and everybody react to each timer."""
        until = self.time + seconds
        await settle()
        while self._timers and self._timers[0][0] <= until:
            self.time, _, timer = heapq.heappop(self._timers)
            if not timer.cancelled:
                timer.callback()
            await settle()
        self.time = until
        await settle()


class _Timer:
    def __init__(self, callback: Callable[[], object]) -> None:
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


async def settle() -> None:
    """Give every task that can run the turns it needs."""
    for _ in range(20):
        await asyncio.sleep(0)
