"""How a run ends: normally workers are told to end and their resources see a clean exit; else they are cancelled.

A normal end waits for every release, however long it takes. A stopped, cancelled or failed run gives `grace` seconds,
cancels what still goes on once more, and leaves behind what does not end even then.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from contextvars import Context
from typing import TYPE_CHECKING, Any

from framework.flow.queues.sources import Pump
from framework.flow.workers.worker_task import WorkerState

if TYPE_CHECKING:
    from framework.flow.jobs.processors import ProcessorSource
    from framework.flow.running.job_run import JobRun

logger = logging.getLogger(__name__)

Tasks = Callable[[], set[asyncio.Task[Any]]]
"""Gives those to wait for; some may turn out to need more time than others while one waits."""

LAST, TIMES = 0.3, 3
"""Seconds that what was cancelled gets after its grace, and how often it is cancelled once more meanwhile."""


class SharedResources:
    """Enters and leaves them in one task, as resources built on cancel scopes demand."""

    def __init__(self, sources: Iterable[ProcessorSource], name: str, context: Context) -> None:
        loop = asyncio.get_running_loop()
        self._sources = list(sources)
        self._release: asyncio.Future[BaseException | None] = loop.create_future()
        self._is_entering = True
        self.entered: asyncio.Future[None] = loop.create_future()
        self.task: asyncio.Task[None] = asyncio.Task(self._hold(), loop=loop, name=f"{name}/resources", context=context)

    async def _hold(self) -> None:
        async with AsyncExitStack() as stack:
            try:
                for source in self._sources:
                    if not self._release.done():  # else one has swallowed that the run is over
                        await source.open(stack)
            except asyncio.CancelledError:
                self.entered.cancel()
                raise
            except (Exception, KeyboardInterrupt, SystemExit) as error:  # told before the others are left
                if not self.entered.done():
                    self.entered.set_exception(error)
                    self.entered.exception()  # retrieved, whether or not the run still waits for it
                raise
            finally:
                self._is_entering = False
            if not self.entered.done():
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
        if self._is_entering:
            self.task.cancel()


class Shutdown:
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
        self._until = math.inf
        self._cut: dict[asyncio.Task[Any], str] = {}
        self._left: set[asyncio.Task[Any]] = set()

    @property
    def cut_off(self) -> tuple[str, ...]:
        """What did not end within the grace, by name."""
        return tuple(self._cut.values())

    def abort(self, grace: float) -> None:
        """Wait for `grace` seconds only from now on."""
        self._until = min(self._until, self._loop.time() + grace)
        if not self._aborted.done():
            self._aborted.set_result(None)

    async def end_workers(self) -> None:
        """End all workers and sources, and wait for them."""
        for job in self._jobs:
            job.end()
            job.retire_workers()
        self._cancel_feeders()
        workers = [worker for job in self._jobs for worker in job.all_workers]
        opening = {worker for worker in workers if worker.state == WorkerState.OPENING}
        for worker in opening:
            worker.task.cancel()

        def all_tasks() -> set[asyncio.Task[Any]]:
            return {worker.task for worker in workers} | set(self._feeders)

        def unopened() -> set[asyncio.Task[Any]]:
            return {worker.task for worker in opening if worker.state == WorkerState.OPENING}

        await self._wait(lambda: all_tasks() - unopened())
        if not self._aborted.done():  # what hangs while it opens does not keep the run from ending
            await self._wait(unopened, self._loop.time() + self._grace)
            await self._cut_off(unopened)
            await self._wait(all_tasks)  # what opens although it was cancelled is left cleanly as well
        if self._aborted.done():
            self._cancel_feeders()
            for worker in workers:
                if worker.state != WorkerState.ENDING and worker not in opening:
                    worker.task.cancel()
            await self._insist(all_tasks)
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
        task = self._resources.task
        self._resources.release(reason())
        await self._wait(lambda: {task})
        self._until = max(self._until, self._loop.time() + LAST)  # workers may have used up the grace
        await self._insist(lambda: {task})

    def _going_on(self, tasks: Tasks) -> set[asyncio.Task[Any]]:
        return {task for task in tasks() if not task.done() and task not in self._left}

    async def _wait(self, tasks: Tasks, until: float = math.inf) -> None:
        """Wait until all have ended, that time has come, or the run is aborted."""
        while (pending := self._going_on(tasks)) and not self._aborted.done():
            left = until - self._loop.time()
            if left <= 0:
                return
            limit = None if left == math.inf else left
            await asyncio.wait({*pending, self._aborted}, timeout=limit, return_when=asyncio.FIRST_COMPLETED)

    async def _insist(self, tasks: Tasks) -> None:
        """Wait for the rest of the grace, then cut off what still goes on."""
        while (pending := self._going_on(tasks)) and (left := self._until - self._loop.time()) > 0:
            await asyncio.wait(pending, timeout=left)
        await asyncio.sleep(0)  # also with a grace of 0 a cancellation arrives once before it is said to be ignored
        await self._cut_off(tasks)

    async def _cut_off(self, tasks: Tasks) -> None:
        """Cancel what has not ended, some times, and leave behind what does not end even then."""
        for _ in range(TIMES):
            pending = self._going_on(tasks)
            if not pending:
                return
            for task in pending:
                self._cut[task] = task.get_name()
                task.cancel()
            await asyncio.wait(pending, timeout=LAST / TIMES)
        for task in self._going_on(tasks):  # what they hold is written off when the report is made
            logger.warning("%s does not end although it was cancelled twice: it was left behind", task.get_name())
            self._left.add(task)
