"""How a run ends: normally workers are told to end and their resources see a clean exit; else they are cancelled.

A normal end waits for every release, however long it takes. A stopped, cancelled or failed run gives `grace` seconds,
cancels what still goes on once more, and leaves behind what does not end even then.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from contextvars import Context
from typing import TYPE_CHECKING, Any

from framework.flow.queues.sources import Pump
from framework.flow.workers.worker_task import WorkerState

if TYPE_CHECKING:
    from framework.flow.jobs.processors import ProcessorSource
    from framework.flow.running.job_run import JobRun

logger = logging.getLogger(__name__)

GRACE = 5.0
"""Seconds that cancelled processors and resources get to clean up."""
LAST, TIMES = 0.3, 3
"""Seconds that they get after that, and how often they are cancelled once more meanwhile."""


class SharedResources:
    """Enters and leaves them in one task, as resources built on cancel scopes demand."""

    def __init__(self, sources: Iterable[ProcessorSource], name: str, context: Context) -> None:
        loop = asyncio.get_running_loop()
        self._sources = list(sources)
        self._release: asyncio.Future[BaseException | None] = loop.create_future()
        self.entered: asyncio.Future[None] = loop.create_future()
        self.task: asyncio.Task[None] = asyncio.Task(self._hold(), loop=loop, name=f"{name}/resources", context=context)

    async def _hold(self) -> None:
        async with AsyncExitStack() as stack:
            for source in self._sources:
                await source.open(stack)
            if not self.entered.done():  # else the run is over, and what was being entered has swallowed that
                self.entered.set_result(None)
            reason = await self._release
            if reason is not None:
                raise reason

    @property
    def error(self) -> BaseException | None:
        """What one of them raised when it was left, beyond the reason that it was given."""
        if not self.task.done() or self.task.cancelled():
            return None
        error, reason = self.task.exception(), self._release.result() if self._release.done() else None
        return None if error is reason else error

    def release(self, reason: BaseException | None) -> None:
        """Leave them; with a reason they see that exception, as the body of `async with` would have raised it."""
        if not self._release.done():
            self._release.set_result(reason)
        if not self.entered.done():
            self.task.cancel()


class Ending:
    """Ends the workers, the sources and the shared resources of one run."""

    def __init__(
        self,
        jobs: Sequence[JobRun],
        feeders: Mapping[asyncio.Task[Any], Pump],
        resources: SharedResources | None,
        grace: float,
    ) -> None:
        self._jobs = jobs
        self._feeders = dict(feeders)
        self._told: set[asyncio.Task[Any]] = set()
        self._resources = resources
        self._grace = grace
        self._loop = asyncio.get_running_loop()
        self._aborted: asyncio.Future[None] = self._loop.create_future()
        self._until: float | None = None
        self.cut_off: list[str] = []

    def abort(self, grace: float) -> None:
        """Wait for `grace` seconds only from now on."""
        until = self._loop.time() + grace
        self._until = until if self._until is None else min(until, self._until)
        if not self._aborted.done():
            self._aborted.set_result(None)

    async def end_workers(self) -> None:
        """End all workers and sources, and wait for them."""
        for job in self._jobs:
            job.end()
            job.let_go()
        self._cancel_feeders()
        workers = [worker for job in self._jobs for worker in job.staff]
        opening = {worker.task for worker in workers if worker.state == WorkerState.OPENING}
        for task in opening:
            task.cancel()
        await self._wait({worker.task for worker in workers} - opening | set(self._feeders))
        if not self._aborted.done():
            self._until = self._loop.time() + self._grace  # what hangs while it opens does not keep the run from ending
        else:
            self._cancel_feeders()
            for worker in workers:
                if worker.state != WorkerState.ENDING:
                    worker.task.cancel()
        await self._insist({worker.task for worker in workers} | set(self._feeders))
        await asyncio.sleep(0)  # what a release raised is told in a callback of its task; resources must see it

    def _cancel_feeders(self) -> None:
        """End sources; at a normal end one that has an item is told so by its put, and leaves the source cleanly."""
        for task, pump in self._feeders.items():
            if task not in self._told and (
                pump.state == Pump.READING or (pump.state == Pump.PUTTING and self._aborted.done())
            ):
                self._told.add(task)
                task.cancel()

    async def end_resources(self, reason: Callable[[], BaseException | None]) -> None:
        """Leave the resources that were shared; they see the reason of an end that was not normal."""
        if self._resources is None:
            return
        self._resources.release(reason())
        await self._wait({self._resources.task})
        if self._until is not None:  # workers may have used up the grace
            self._until = max(self._until, self._loop.time() + LAST)
        await self._insist({self._resources.task})

    async def _wait(self, tasks: Iterable[asyncio.Task[Any]]) -> None:
        """Wait until all have ended, or the run is aborted."""
        pending: set[asyncio.Future[Any]] = {task for task in tasks if not task.done()}
        while pending and not self._aborted.done():
            await asyncio.wait({*pending, self._aborted}, return_when=asyncio.FIRST_COMPLETED)
            pending = {task for task in pending if not task.done()}

    async def _insist(self, tasks: Iterable[asyncio.Task[Any]]) -> None:
        """Wait for the rest of the grace, cancel what is left, and leave behind what does not end even then."""
        pending = {task for task in tasks if not task.done()}
        while pending and (left := self._left()) > 0:
            await asyncio.wait(pending, timeout=left)
            pending = {task for task in pending if not task.done()}
        if not pending:
            return
        self.cut_off += [task.get_name() for task in pending]
        for _ in range(TIMES):
            for task in pending:
                task.cancel()
            await asyncio.wait(pending, timeout=LAST / TIMES)
            pending = {task for task in pending if not task.done()}
            if not pending:
                return
        for task in pending:  # what they hold is written off when the report is made
            logger.warning("%s does not end although it was cancelled twice: it was left behind", task.get_name())

    def _left(self) -> float:
        return 0.0 if self._until is None else self._until - self._loop.time()


# -- by SIGTERM, as Ctrl-C does: processors and resources clean up, then the process exits

EXIT = 128 + signal.SIGTERM
"""The exit status of a process that SIGTERM ended, as shells report it."""

_terminable: set[asyncio.Task[Any]] = set()
_ended: set[asyncio.Task[Any]] = set()


@contextmanager
def terminable() -> Iterator[None]:
    """Cancel the current task when SIGTERM comes, unless another handles it, and raise SystemExit when it has ended."""
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    if task is None or not (_terminable or _can_handle()):
        yield
        return
    if not _terminable:
        # As `loop.add_signal_handler` does, which takes a quarter of a millisecond to check its argument.
        signal.signal(signal.SIGTERM, lambda *_: loop.call_soon_threadsafe(_end_all))
    _terminable.add(task)
    try:
        yield
    except asyncio.CancelledError:
        if task in _ended:
            raise SystemExit(EXIT) from None
        raise
    finally:
        _terminable.discard(task)
        _ended.discard(task)
        if not _terminable:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _end_all() -> None:
    for task in tuple(_terminable):
        _ended.add(task)
        task.cancel()


def _can_handle() -> bool:
    if threading.current_thread() is not threading.main_thread() or "ipykernel" in sys.modules:
        return False
    return sys.platform != "win32" and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
