"""SIGTERM ends the flows of a script: processors and resources clean up, then the process exits."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import Context
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from framework.flow.workers.worker_task import INSIDE

if TYPE_CHECKING:
    from framework.flow.running.run import FlowRun

ExceptionHandler = Callable[[asyncio.AbstractEventLoop, dict[str, Any]], object]
"""Of an event loop: is told of exceptions that nothing awaits."""

EXIT = 128 + signal.SIGTERM
"""The exit status of a process that SIGTERM ended, as shells report it."""

_in_main: list[FlowRun] = []
_elsewhere: list[FlowRun] = []
"""Runs by thread: only the main thread may handle a signal."""
_stopping: set[asyncio.Task[None]] = set()
_told = False
"""Whether the signal came since it is handled here."""


@asynccontextmanager
async def terminable(run: FlowRun) -> AsyncIterator[None]:
    """Let SIGTERM stop a run during this block, and then end the event loop, unless another handles the signal.

    A task that leaves the block meanwhile waits for the end of the loop, which cancels it. The flow of a processor is
    left to that which the processor is part of, in the same loop; those of other threads end with those of the main
    thread.
    """
    global _told  # noqa: PLW0603 - the handler of a process
    in_main = threading.current_thread() is threading.main_thread()
    inside = INSIDE.get()  # also of a thread that a processor has started and that took its context along
    is_nested = inside is not None and inside.worker.loop is run.loop
    if is_nested or (in_main and not (_in_main or _can_handle())):
        yield
        return
    if in_main and not _in_main:
        _told = False
        # As `loop.add_signal_handler` does, which takes a quarter of a millisecond to check its argument.
        signal.signal(signal.SIGTERM, _terminate)
    driven = _in_main if in_main else _elsewhere
    driven.append(run)
    if _told and not in_main:  # the handler may not have seen it
        run.loop.call_soon(_begin, run.loop, context=Context())
    try:
        yield
    finally:
        driven.remove(run)
        if in_main and not _in_main and signal.getsignal(signal.SIGTERM) is _terminate:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if stopping := [task for task in _stopping if task.get_loop() is run.loop]:
            await asyncio.wait(stopping)


def _terminate(*_: Any) -> None:
    global _told  # noqa: PLW0603
    _told = True
    loops = {run.loop for run in (*_in_main, *_elsewhere) if run.loop.is_running()}
    if _stopping or not loops:  # told again; or a stream was left half-way and is kept
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.raise_signal(signal.SIGTERM)
    for loop in loops:
        loop.call_soon_threadsafe(_begin, loop, context=Context())


def _begin(loop: asyncio.AbstractEventLoop) -> None:
    loop.set_exception_handler(partial(_say, loop.get_exception_handler()))
    _stopping.add(asyncio.Task(_stop_all(loop), loop=loop, name="SIGTERM"))


def _say(others: ExceptionHandler | None, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Say nothing of the exceptions that the end of a loop leaves in futures for which nothing waits any more."""
    if not isinstance(context.get("exception"), asyncio.CancelledError | SystemExit):
        (loop.default_exception_handler if others is None else partial(others, loop))(context)


async def _stop_all(loop: asyncio.AbstractEventLoop) -> None:
    try:
        await asyncio.gather(*(run.stop("cancelled") for run in {*_in_main, *_elsewhere} if run.loop is loop))
        # A task that raised SystemExit would end the loop as well, and hand it to the task that awaits it.
        loop.call_soon(_exit)
    finally:
        _stopping.difference_update([task for task in _stopping if task.get_loop() is loop])


def _exit() -> NoReturn:
    raise SystemExit(EXIT)


def _can_handle() -> bool:
    if "ipykernel" in sys.modules or sys.platform == "win32":
        return False
    return signal.getsignal(signal.SIGTERM) in (signal.SIG_DFL, _terminate)
