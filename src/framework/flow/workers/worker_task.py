"""The task of a worker: the states it is in, which cancellations are meant for it, and the context of each item."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context, ContextVar
from typing import Any, NamedTuple, Protocol


class WorkerState:
    """What a worker is doing; the seconds it spends in each state are added up.

    Plain numbers: as members of an enumeration they would double what a worker pays to become idle and busy again.
    """

    OPENING = 0  # its processor is being made
    IDLE = 1  # waits for an item
    WORKING = 2  # in the body of the processor
    LOCKED = 3  # waits for the lock of its job
    BLOCKED = 4  # waits for room downstream, or for the rate of its job
    ENDING = 5  # its processor is being released
    COUNT = 6


AT_WORK = frozenset({WorkerState.WORKING, WorkerState.LOCKED, WorkerState.BLOCKED})


class Working(Protocol):
    """A worker and the run that it is part of."""

    state: int
    entry: Any
    made: list[Any]
    loop: asyncio.AbstractEventLoop

    @property
    def run(self) -> object:
        """The run."""


class Inside(NamedTuple):
    """The worker whose processor is running, and the one that this was started in."""

    worker: Working
    outer: Inside | None


INSIDE: ContextVar[Inside | None] = ContextVar("framework.flow.inside", default=None)


def is_inside(run: object) -> bool:
    """Return whether the caller is the processor of a worker of that run, or was started by one."""
    return worker_inside(run) is not None


def worker_inside(run: object) -> Working | None:
    """Return the worker of that run whose processor the caller is, or was started by; None for others."""
    inside = INSIDE.get()
    while inside is not None:
        if inside.worker.run is run and inside.worker.state in AT_WORK:
            return inside.worker
        inside = inside.outer
    return None


class Owner(Protocol):
    """The worker whose task it is."""

    def progress(self) -> object:
        """Return something else for each item."""

    def disturb(self) -> None:
        """The task was cancelled."""


class WorkerTask(asyncio.Task[None]):
    """A task that tells whether it was cancelled during the present item.

    A library may cancel a task and swallow the CancelledError without `uncancel()`; the CancelledError of a later item
    is then that item's failure, although `cancelling()` still counts.
    """

    def __init__(
        self,
        coro: Coroutine[Any, Any, None],
        *,
        loop: asyncio.AbstractEventLoop,
        name: str,
        context: Context,
        owner: Owner,
    ) -> None:
        self._progress = owner.progress
        self._disturbed = owner.disturb
        self._at: object = None
        self._before = 0
        # Made directly: the task factory of the loop might run it at once, before its job knows it.
        super().__init__(coro, loop=loop, name=name, context=context)

    def cancel(self, msg: Any = None) -> bool:
        """Cancel it, and note during which item."""
        now = self._progress()
        if now != self._at:
            self._at, self._before = now, self.cancelling()
        if asyncio.current_task(self.get_loop()) is self:
            self._before += 1  # the processor cancels itself: that ends no worker
        self._disturbed()
        return super().cancel(msg)

    @property
    def is_cancelled(self) -> bool:
        """Whether its latest cancellation has not been taken back."""
        return self.cancelling() > self._before

    @property
    def is_cancelled_now(self) -> bool:
        """Whether it was cancelled during the present item, and nothing has taken that back."""
        return self._at == self._progress() and self.is_cancelled


@types.coroutine
def in_context(context: Context, call: Callable[[Any], Any], item: Any) -> Generator[Any, Any, Any]:
    """Await `call(item)` in that context, as part of the running task."""
    awaitable = context.run(call, item)
    steps = context.run(type(awaitable).__await__, awaitable)
    resume, value = getattr(steps, "send", None) or (lambda _: next(steps)), None
    while True:
        try:
            waited = context.run(resume, value)
        except StopIteration as stop:
            return stop.value
        finally:
            value = None  # an error that comes back has this frame in its traceback: they would keep each other
        try:
            value = yield waited
            resume = getattr(steps, "send", None) or (lambda _: next(steps))
        except GeneratorExit:
            context.run(steps.close)
            raise
        except BaseException as error:  # noqa: BLE001 - it is thrown into the body
            resume, value = steps.throw, error
