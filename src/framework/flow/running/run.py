"""One run of a flow, from its start to its report."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

from framework.errors import LifecycleError
from framework.flow.report import Counts, Ended, FlowReport
from framework.flow.running.envelope import Ending, Envelope, FutureTicket
from framework.flow.running.error_worker import ErrorJobRun
from framework.flow.running.job_run import JobRun
from framework.flow.sources import Put, Source, pump
from framework.observe import Failure, Failures, Observers, RunFinished, WorkersScaled

if TYPE_CHECKING:
    from framework.flow.clock import Clock
    from framework.flow.jobs.job import Job
    from framework.flow.scaling import ScalingStrategy

logger = logging.getLogger(__name__)

KEPT_FAILURES = 1000
GRACE = 0.4  # seconds that cancelled processors get to clean up, twice; `stop` promises less than one


class FlowRun:
    """Workers and counters of one run; a task of its own supervises them.

    It enters and leaves shared resources in one task, as resources built on cancel scopes demand. A run ends when it is
    `driven`, fed by nobody and idle; or when it was cut by a LastWorkItem and is idle; or when it is stopped.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - made in one place, by the flow
        self,
        name: str,
        jobs: Sequence[Job],
        error_job: Job | None,
        strategy: ScalingStrategy,
        clock: Clock,
        observers: Observers,
    ) -> None:
        self.name = name
        self.clock = clock
        self.observers = observers
        self.closing = False
        self.driven = False
        self.report: FlowReport | None = None
        self.error: BaseException | None = None
        self._began = clock.now()
        self._ended: Ended = "running"
        self._feeds = 0
        self._fed = False
        self._cut = False
        self._failures: list[Failure] = []
        self._scalings: list[WorkersScaled] = []
        self._tickets: set[FutureTicket] = set()
        loop = asyncio.get_running_loop()
        self._started: asyncio.Future[None] = loop.create_future()
        self._over: asyncio.Future[None] = loop.create_future()
        self._quiet: list[asyncio.Future[None]] = []
        self._feeders: set[asyncio.Task[None]] = set()
        self.jobs = tuple(JobRun(job, self, strategy) for job in jobs)
        self.error_job = None if error_job is None else ErrorJobRun(error_job, self, strategy)
        self._all: tuple[JobRun, ...] = self.jobs if self.error_job is None else (*self.jobs, self.error_job)
        for running, following in zip(self.jobs, (*self.jobs[1:], None), strict=True):
            running.next, running.errors = following, self.error_job
        for job, running in zip([*jobs, error_job], self._all, strict=False):
            job.latest = running  # type: ignore[union-attr]  # there are as many jobs as runs of them
        self._supervisor = loop.create_task(self._supervise(), name=f"{name}/supervisor")

    # -- from start to end

    @property
    def is_over(self) -> bool:
        """Whether its report is made."""
        return self.report is not None

    @property
    def unseen(self) -> bool:
        """Whether a LastWorkItem has ended it and nobody has been told."""
        return self._cut and self._over.done() and not self.driven

    async def started(self) -> None:
        """Wait until all first workers are there.

        Raises:
            BaseException: what a factory or a resource raised when it was entered.
        """
        try:
            await asyncio.wait({self._started, self._supervisor}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            if not self._started.done():
                await self.stop("cancelled")
            raise
        if not self._started.done() and self.error is not None:
            raise self.error

    async def finished(self) -> FlowReport:
        """Wait for the end.

        Raises:
            BaseException: what ended the run, when that was no item.
        """
        self.driven = True
        await asyncio.wait({self._supervisor})
        if self.report is None:
            raise asyncio.CancelledError(f"{self.name} was torn down with its event loop")
        if self.error is not None:
            raise self.error
        return self.report

    async def stop(self, ended: Ended = "stopped") -> None:
        """End now, and wait until everything is gone, also when this is cancelled: it takes less than a second."""
        self._end(ended)
        try:
            await asyncio.wait({self._supervisor})
        except asyncio.CancelledError:
            await asyncio.wait({self._supervisor})
            raise

    def when_over(self, callback: Callable[[], object]) -> None:
        """Have `callback` called once the report is there."""
        self._supervisor.add_done_callback(lambda _: callback())

    def fail(self, error: BaseException) -> None:
        """End now, because of something that was no item's failure; the first such error is kept, others are logged."""
        self._end("failed")
        if self.error is None and self.report is None:
            self.error = error
            self._ended = "cancelled" if isinstance(error, asyncio.CancelledError) else "failed"
        elif error is not self.error:
            logger.error("%s failed while it ended", self.name, exc_info=error)

    def cut(self, job: JobRun) -> None:
        """A LastWorkItem passed `job`: drop what is queued there or upstream; the rest runs to its end."""
        self._cut = True
        for upstream in self._all[: self._all.index(job) + 1]:
            upstream.close()
        self.settle()

    async def _supervise(self) -> None:
        try:
            async with AsyncExitStack() as stack:
                try:
                    await self._open(stack)
                    await self._over
                finally:
                    self._end("cancelled")
                    await self._dismiss()
        except BaseException as error:  # noqa: BLE001 - kept for whoever waits for the run
            self.fail(error)
        self._finish()

    async def _open(self, stack: AsyncExitStack) -> None:
        for job in self._all:
            await job.open(stack)
        for job in self._all:
            await job.ready()
        if not self._over.done():
            for job in self._all:
                job.watch()
            self._started.set_result(None)

    async def _dismiss(self) -> None:
        tasks = [task for job in self._all for task in job.dismiss()]
        for feeder in self._feeders:
            feeder.cancel()
            tasks.append(feeder)
        for _ in range(2):
            pending = (await asyncio.wait(tasks, timeout=GRACE))[1] if tasks else ()
            for task in pending:
                task.cancel()
            tasks = list(pending)
        for task in tasks:  # what they hold is written off when the report is made
            logger.warning("%s does not end although it was cancelled twice: it was left behind", task.get_name())

    def _end(self, ended: Ended) -> None:
        if self._over.done():
            return
        self.closing = True
        self._ended = ended
        self._over.set_result(None)
        for job in self._all:
            job.close()

    def _finish(self) -> None:
        for ticket in tuple(self._tickets):
            ticket.finish("dropped")
        for job in self._all:
            job.drop(job.input.clear())
        self._write_off()
        self.report = self.report_now()
        self._wake_drainers()
        if self.observers.watched:
            self.observers.notify(RunFinished(self.report, self.clock.now()))

    def _write_off(self) -> None:
        left_behind = [job for job in self._all if job.workers]
        if left_behind:
            job = left_behind[0] if left_behind[0] in self.jobs else self.jobs[-1]
            job.tally.dropped += self.taken - self.counts.ended

    # -- what comes in

    def claim(self) -> None:
        """Let the caller drive the run; until it calls `drive`, the run does not end by itself.

        Raises:
            LifecycleError: somebody else does.
        """
        if self.driven:
            raise LifecycleError(f"{self.name} is being run already: await that run, or await flow.stop() first")
        self.driven = True
        self._feeds += 1

    def drive(self) -> None:
        """Let the run end by itself from now on."""
        self._feeds -= 1
        self.settle()

    def feed_from(self, source: Source, put: Put | None = None) -> None:
        """Put everything that `source` gives, and let the run go on at least that long; a failing one ends it."""
        if self.closing:
            return  # stopped while it started
        self.open_feed()
        entrance = self.jobs[0].input
        feeding = pump(source, entrance.offer, entrance.put) if put is None else pump(source, _declined, put)
        feeder = asyncio.get_running_loop().create_task(feeding, name=f"{self.name}/source")
        self._feeders.add(feeder)
        feeder.add_done_callback(self._fed_up)

    def open_feed(self) -> None:
        """Somebody will put items."""
        self._feeds += 1
        self._fed = True

    def close_feed(self) -> None:
        """Somebody has put all items."""
        self._feeds -= 1
        self.settle()

    def _fed_up(self, feeder: asyncio.Task[None]) -> None:
        self._feeders.discard(feeder)
        if not feeder.cancelled() and (error := feeder.exception()) is not None:
            self.fail(error)
        self.close_feed()

    async def put(self, item: Any) -> None:
        """Put an item into the first job.

        Raises:
            FlowEnded: the flow has ended.
        """
        await self.jobs[0].input.put(item)

    async def submit(self, item: Any) -> Ending:
        """Put an item and wait for its end.

        Raises:
            FlowEnded: the flow ended before it took the item.
        """
        ticket = FutureTicket(asyncio.get_running_loop())
        self._tickets.add(ticket)
        try:
            await self.put(Envelope(item, ticket))
            return await ticket.ending
        finally:
            self._tickets.discard(ticket)

    # -- what goes on

    @property
    def quiet(self) -> bool:
        """Whether nothing is queued, running, rerouted or about to be put."""
        return all(job.quiet for job in self._all)

    def settle(self) -> None:
        """Look whether this is a moment to end; called whenever the last worker of a job comes to rest."""
        if self.closing or (self._feeds and not (self._cut or self._quiet)):
            return  # nobody would care
        if not self._started.done() or not self.quiet:
            return
        self._wake_drainers()
        if self._cut:
            self._end("last work item")
        elif self.driven and not self._feeds and (self._fed or self.taken):
            self._end("finished")

    async def drain(self) -> None:
        """Wait until the flow is idle or over.

        Raises:
            BaseException: what ended the run, when that was no item.
        """
        while not (self.quiet or self._supervisor.done()):
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._quiet.append(waiter)
            await waiter
        if self.error is not None:
            raise self.error

    def _wake_drainers(self) -> None:
        for waiter in self._quiet:
            if not waiter.done():
                waiter.set_result(None)
        self._quiet.clear()

    def keep(self, failure: Failure) -> None:
        """Keep a failure for the report."""
        if len(self._failures) < KEPT_FAILURES:
            self._failures.append(failure)

    def scaled(self, happening: WorkersScaled) -> None:
        """Note that a job was scaled."""
        logger.info("%s: %s", happening.job, happening.reason)
        self._scalings.append(happening)
        if self.observers.watched:
            self.observers.notify(happening)

    @property
    def room(self) -> int:
        """How many items the whole flow can hold at most."""
        return sum(job.room for job in self.jobs)

    @property
    def taken(self) -> int:
        """Items accepted from outside so far."""
        return sum(job.input.taken for job in self.jobs)

    @property
    def counts(self) -> Counts:
        """How items ended so far."""
        tallies = [job.tally for job in self.jobs]
        return Counts(
            taken=self.taken,
            done=tallies[-1].done + sum(tally.last for tally in tallies),
            skipped=sum(tally.skipped for tally in tallies),
            rerouted=sum(tally.rerouted for tally in tallies),
            failed=sum(tally.failed for tally in tallies),
            dropped=sum(tally.dropped for tally in tallies),
        )

    def report_now(self) -> FlowReport:
        """What came of it so far."""
        return self.report or FlowReport(
            name=self.name,
            counts=self.counts,
            jobs={job.name: job.report() for job in self._all},
            failures=Failures(self._failures),
            scalings=tuple(self._scalings),
            elapsed=self.clock.now() - self._began,
            ended=self._ended,
            error=self.error,
        )


def _declined(_item: Any) -> bool:
    return False
