"""One run of a flow, from its start to its report."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from framework.flow.queues.envelope import Attempt, Envelope
from framework.flow.queues.wake_ups import WakeUps
from framework.flow.report import Ended, FlowReport
from framework.flow.running.intake import ItemIntake
from framework.flow.running.job_run import JobRun
from framework.flow.running.record import RunRecord
from framework.flow.running.showing import why_waiting
from framework.flow.running.shutdown import SharedResources, Shutdown
from framework.flow.running.stage_runs import GateRun, RouterRun, run_of
from framework.flow.signals import NOTHING, LastWorkItem, Special
from framework.flow.workers.worker_task import is_inside, worker_inside
from framework.observe import Observers, RunFinished
from framework.observe.recording.items.item_log import RUN
from framework.observe.text import error_line

if TYPE_CHECKING:
    from framework.flow.clock import Clock
    from framework.flow.jobs.stages import Layout
    from framework.observe.recording.items.item_history import ItemHistory

logger = logging.getLogger(__name__)

NORMAL: tuple[Ended, ...] = ("finished", "last work item")


class FlowRun(RunRecord):
    """Workers and counters of one run; a task of its own supervises them.

    It ends when it is driven, no producer holds it open and it is idle; or when it was cut by a LastWorkItem and is
    idle; or when it is stopped.
    """

    def __init__(  # noqa: PLR0913 - what a flow hands to each of its runs
        self,
        name: str,
        layout: Layout,
        clock: Clock,
        observers: Observers,
        *,
        grace: float,
        history: ItemHistory | None,
    ) -> None:
        super().__init__(name, clock, observers, history)
        if self.log is not None:
            self.log.write((clock.now(), "", RUN, 0, "", None, None, 0.0, None))
        self.loop = asyncio.get_running_loop()
        self.variables = contextvars.copy_context()
        self.closing = False
        self._grace = grace
        self._cut = False
        self._last: list[tuple[JobRun, Any, bool]] = []
        self._attempts: weakref.WeakSet[Attempt] = weakref.WeakSet()
        self._started: asyncio.Future[None] = self.loop.create_future()
        self._over: asyncio.Future[None] = self.loop.create_future()
        self._drainers: list[asyncio.Future[None]] = []
        self.jobs = {stage.name: run_of(stage, self, stage.clock or clock) for stage in layout.stages}
        self.entrance = self.jobs[layout.entrance.name]
        self.intake = ItemIntake(name, self.entrance.input, self.settle, None if self.log is None else self._found)
        self._link(layout)
        self._resources: SharedResources | None = None
        self._supervisor = asyncio.Task(self._supervise(), loop=self.loop, name=f"{name}/supervisor")

    def _link(self, layout: Layout) -> None:
        wake_ups = WakeUps()
        for stage in layout.stages:
            job = self.jobs[stage.name]
            job.next = None if stage.next is None else self.jobs[stage.next.name]
            job.errors = None if stage.errors is None else self.jobs[stage.errors.name]
            job.input.open(job.capacity.queue_length, self.settle, lambda: is_inside(self), wake_ups)
            if isinstance(job, GateRun) and stage.entrance is not None:
                job.entrance = self.jobs[stage.entrance.name]
            if isinstance(job, RouterRun):
                job.arms = {label: self.jobs[arm.name] for label, arm in stage.arms.items()}
            if self.observers.watched:
                job.input.mix()
            stage.job.latest = job
        self._stages = layout.stages

    # -- from start to end

    @property
    def is_over(self) -> bool:
        """Whether its report is made."""
        return self.report is not None

    @property
    def is_started(self) -> bool:
        """Whether all first workers are there."""
        return self._started.done()

    @property
    def unseen(self) -> bool:
        """Whether a LastWorkItem has ended it before it was driven."""
        return self._cut and self._over.done() and not self.intake.is_driven

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
        self.intake.is_driven = True
        await asyncio.wait({self._supervisor})
        if self.report is None:
            raise asyncio.CancelledError(f"{self.name} was torn down with its event loop")
        if self.error is not None:
            raise self.error
        return self.report

    async def stop(self, ended: Ended = "stopped", grace: float | None = None) -> None:
        """End now, and wait until everything is gone, also when this is cancelled: `grace` bounds it, in seconds.

        One of its own processors that asks is cancelled as the others are.
        """
        self._abort(ended, grace)
        try:
            await asyncio.wait({self._supervisor})
        except asyncio.CancelledError:
            if not is_inside(self):  # else the end would wait for it
                await asyncio.wait({self._supervisor})
            raise

    def when_over(self, callback: Callable[[], object]) -> None:
        """Have `callback` called once the report is there."""
        self._supervisor.add_done_callback(lambda _: callback())

    def fail(self, error: BaseException) -> None:
        """End now, because of an error that was not an item's failure; the first is kept, others are logged."""
        if self.error is None and self.report is None:
            self.error = error
        elif error is not self.error:
            logger.error("%s failed once more", self.name, exc_info=error)
        # Also where a source has failed before, and what it gave was to be finished.
        self._end("cancelled" if isinstance(error, asyncio.CancelledError) else "failed")

    def source_failed(self, error: BaseException, *, drop: bool = False) -> None:
        """End because a source failed: at once, or when what it had put is finished."""
        if drop or self.error is not None or self.report is not None:
            self.fail(error)
        else:
            logger.info("%s: its source failed, what it gave is finished first: %s", self.name, error_line(error))
            self.error = error

    def abandon(self) -> None:
        """Give up a run whose event loop was closed while it went on."""
        logger.warning("the event loop of %s was closed while it ran: what was in it is dropped", self.name)
        self.closing = True
        self._ended, self._reason = "cancelled", "its event loop was closed"
        self._finish()

    def _abort(self, ended: Ended, grace: float | None = None) -> None:
        self._end(ended)
        self._grace = self._grace if grace is None else grace
        if self._ending is not None:
            self._ending.abort(self._grace)

    def _end(self, ended: Ended) -> None:
        if self._over.done():
            if self._ended in NORMAL and self.report is None:  # it is being released
                self._ended = ended
            return
        if ended not in NORMAL:
            self._waiting = why_waiting(self)
        self.closing = True
        self._ended = ended
        self._reason = _why(ended, self.error)
        self._over.set_result(None)
        for job in self.jobs.values():
            job.close(self._reason, self.error)

    async def _supervise(self) -> None:
        try:
            await self._open()
            await asyncio.wait({self._over})  # awaited directly, a cancelled supervisor would cancel it as well
        except asyncio.CancelledError:
            self._end("cancelled")
        except GeneratorExit:  # collected, after its loop was closed
            raise
        except BaseException as error:  # noqa: BLE001 - kept for the callers that wait for the run
            self.fail(error)
        ending = self._ending = Shutdown(tuple(self.jobs.values()), self.intake.feeders, self._resources, self._grace)
        if self._ended not in NORMAL:
            ending.abort(self._grace)
        await self._insist(ending.end_workers)
        await self._insist(lambda: ending.end_resources(self._exception))
        if self._resources is not None and (failed := self._resources.error) is not None:
            self.fail(failed)
        self._finish()

    async def _insist(self, step: Callable[[], Any]) -> None:
        """Take a step of the end, also when the supervisor is cancelled meanwhile."""
        while True:
            try:
                await step()
            except asyncio.CancelledError:
                self._abort("cancelled")
            else:
                return

    def _exception(self) -> BaseException | None:
        """Return what the resources see: nothing, where everything was finished."""
        return (self.error or asyncio.CancelledError(f"the flow was {self._ended}")) if self.is_cut_short else None

    async def _open(self) -> None:
        jobs = tuple(self.jobs.values())
        shared = [job.source for job in jobs if not isinstance(job, GateRun)]
        self._resources = SharedResources(shared, self.name, self.variables.copy())
        if not await self._unless_over(self._resources.entered):
            return
        for job in jobs:
            job.open()
        for job in jobs:
            if not await self._unless_over(asyncio.ensure_future(job.ready())):
                return
        for job in jobs:
            job.begin_scaling()
        self._started.set_result(None)
        self.settle()

    async def _unless_over(self, step: asyncio.Future[None]) -> bool:
        """Wait for a step; False when the run is over before."""
        await asyncio.wait({step, self._over}, return_when=asyncio.FIRST_COMPLETED)
        if step.done():
            step.result()
        step.cancel()
        return not self._over.done()

    def _finish(self) -> None:
        for attempt in tuple(self._attempts):
            attempt.finish("dropped", self._reason)
            if not attempt.over.done():
                attempt.over.set_result(None)
        for job in self.jobs.values():
            job.close(self._reason, self.error)
        self._write_off()
        if self.error is not None and self._ended in NORMAL:
            self._ended = "failed"
        report = self._report_last()
        logger.info("%s ended (%s): %s", self.name, self._ended, dict(report.counts))
        self._wake_drainers()
        if self.observers.watched:
            self.observers.notify(RunFinished(report, self.clock.now()))

    # -- what goes on

    def observed(self) -> None:
        """An observer was attached: workers leave their fast path."""
        for job in self.jobs.values():
            job.input.mix()

    def _found(self, job: str, item: Any) -> None:
        """Record for the history in answer to which item a job is given this one, if one of the processors puts it."""
        worker = worker_inside(self)
        if worker is not None and worker.entry is not None:
            worker.made.append((job, id(item)))

    def cut(self, job: JobRun, last: LastWorkItem, *, taken: bool) -> None:
        """A LastWorkItem passed `job`: drop what is queued there or upstream; the rest runs to its end."""
        self._cut = True
        if last.value is not NOTHING:
            self._last.append((job, last.value, taken))
        for upstream in self._upstream(job):
            upstream.close(_why("last work item", None))
        self.settle()

    def _upstream(self, job: JobRun) -> list[JobRun]:
        """Return the job and those that its items come from."""
        before: dict[str, set[str]] = {name: set() for name in self.jobs}
        for stage in self._stages:
            after = [stage.next, stage.errors, stage.entrance, *stage.arms.values()]
            after += [] if stage.gate is None else [stage.gate.next]
            for one in after:
                if one is not None:
                    before[one.name].add(stage.name)
        found, todo = {job.name}, [job.name]
        while todo:
            new = before[todo.pop()] - found
            found |= new
            todo += new
        return [self.jobs[name] for name in found]

    @property
    def quiet(self) -> bool:
        """Whether nothing is queued, running, rerouted or about to be put."""
        return all(job.is_quiet for job in self.jobs.values())

    def settle(self) -> None:
        """Check whether this is a moment to end; called whenever the last worker of a job becomes idle."""
        intake = self.intake
        if self.closing or (intake.feeds and not (self._cut or self._drainers)):
            return
        ends = self._cut or (intake.is_driven and not intake.feeds and (intake.was_fed or self.taken > 0))
        if not (ends or self._drainers) or not self._started.done():
            return
        if not self.quiet:
            if ends or not intake.feeds:
                self._end_lingering()
            return
        if self._last:
            self._put_last(*self._last.pop(0))
            return
        self._wake_drainers()
        if self._cut:
            self._end("last work item")
        elif ends:
            self._end("finished")

    def _end_lingering(self) -> None:
        """Let the first batch go that waits for more, when nothing before it can bring any."""
        lingering = [job for job in self.jobs.values() if job.only_lingers]
        if lingering and all(job.is_quiet or job.only_lingers for job in self.jobs.values()):
            collecting = lingering[0].collecting
            assert collecting is not None  # noqa: S101 - it lingers
            collecting.give_up()

    def _put_last(self, job: JobRun, value: Any, taken: bool) -> None:  # noqa: FBT001 - from a tuple
        """Let the value of a LastWorkItem take its way, now that everything else has come to its end."""
        ticket = self.intake.ticket and self.intake.ticket()
        target = job if taken else job.next
        if taken:
            job.input.taken += 1
        elif target is not None:
            job.counter.spawned += 1
        if target is None:
            if ticket is not None:
                ticket.finish("done", value)
            self.settle()
            return
        entry = value if ticket is None else Envelope(value, ticket)
        if isinstance(entry, Special):
            target.input.mix()
        target.input.append(entry)
        target.await_first_item()

    async def drain(self) -> None:
        """Wait until the flow is idle or over.

        Raises:
            BaseException: what ended the run, when that was no item.
        """
        while not (self.quiet or self.is_over):
            waiter: asyncio.Future[None] = self.loop.create_future()
            self._drainers.append(waiter)
            self.settle()
            await waiter
        if self.error is not None:
            raise self.error

    def _wake_drainers(self) -> None:
        for waiter in self._drainers:
            if not waiter.done():
                waiter.set_result(None)
        self._drainers.clear()

    def follow(self, attempt: Attempt) -> None:
        """Let the attempt end with the run at the latest."""
        self._attempts.add(attempt)


def _why(ended: Ended, error: BaseException | None) -> str:
    """Say why items are dropped and puts refused."""
    match ended:
        case "failed" if error is not None:
            return f"the flow failed ({error_line(error)})"
        case "last work item":
            return "a LastWorkItem has ended the flow"
        case "stopped" | "cancelled":
            return f"the flow was {ended}"
    return "the flow has ended"
