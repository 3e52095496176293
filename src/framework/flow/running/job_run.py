"""`JobRun`: one run of a job: its queue, its workers, its counts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

from framework.flow.jobs.limits import Pace
from framework.flow.jobs.processors import Call, as_call
from framework.flow.report import Counts, JobReport, Tally
from framework.flow.running.batch_worker import BatchWorker
from framework.flow.running.channel import Channel
from framework.flow.running.envelope import finish, plain
from framework.flow.running.scaler import Scaler
from framework.flow.running.worker import FlowWorker
from framework.flow.signals import LastWorkItem
from framework.observe import ItemFinished, NodeSnapshot, WorkersScaled

if TYPE_CHECKING:
    from framework.flow.jobs.job import Job
    from framework.flow.running.run_context import RunContext
    from framework.flow.scaling import ScalingStrategy


class Opening:
    """Waits for the first item of a job without workers, in the place of one."""

    __slots__ = ("_job", "waiter")

    def __init__(self, job: JobRun) -> None:
        self.waiter: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._job = job
        self.waiter.add_done_callback(self._open)

    def _open(self, waiter: asyncio.Future[bool]) -> None:
        if not waiter.cancelled():
            self._job.revive()


class JobRun:
    """One job during one run; a `FlowRun` makes it and links it to the next."""

    next: JobRun | None = None
    errors: JobRun | None = None

    def __init__(self, job: Job, context: RunContext, strategy: ScalingStrategy) -> None:
        """Get ready.

        Raises:
            OptionError: the capacity makes no sense.
        """
        self.name = job.name
        self.source = job.source
        self.limits = job.limits
        self.context = context
        self.capacity = job.check()
        self.tally = Tally()
        self.workers: set[FlowWorker] = set()
        self._executor = job.executor
        self._staff: set[FlowWorker] = set()  # those, and the retired that still release their processors
        self._opening: Opening | None = None
        self._pace = None if self.limits.rate is None else Pace(self.limits.rate, context.clock)
        self._wrap = self.limits.around(context.clock, self._pace)
        self.input = Channel(self.name)
        self.input.open(self.capacity.queue_length, context.settle)
        self._scaler = Scaler(self, strategy, context)

    @property
    def output(self) -> Channel | None:
        """The queue that its results go to."""
        return None if self.next is None else self.next.input

    async def open(self, stack: AsyncExitStack) -> None:
        """Enter what the workers share, and start the first of them."""
        await self.source.open(stack)
        for _ in range(self.capacity.initial_workers):
            self._hire()
        self._await_first_item()

    async def ready(self) -> None:
        """Wait until the workers that were started have their processors.

        Raises:
            BaseException: what a factory raised.
        """
        for worker in list(self.workers):
            await asyncio.wait({worker.task, worker.ready}, return_when=asyncio.FIRST_COMPLETED)
            if worker.task.done():
                worker.task.result()

    def watch(self) -> None:
        """Begin to scale."""
        self._scaler.start()

    def close(self) -> None:
        """Take nothing more and throw away what waits; work in flight is not touched."""
        self.input.close()
        self.drop(self.input.clear())

    def dismiss(self) -> list[asyncio.Task[None]]:
        """Close, stop scaling and end the workers; their tasks are on their way out."""
        self.close()
        self._scaler.stop()
        for worker in self._staff:
            worker.dismiss()
        return [worker.task for worker in self._staff]

    def prepare(self, processor: Any) -> Call:
        """The processor of a worker with the job's limits around it.

        Raises:
            FlowError: it cannot be one.
        """
        return self._wrap(as_call(processor, self._executor))

    @property
    def room(self) -> int:
        """How many items it can hold at most, at work and waiting."""
        return self.capacity.max_workers + self.capacity.queue_length

    @property
    def resting(self) -> bool:
        """Whether all its workers wait for an item."""
        return self.input.idle == len(self.workers)

    @property
    def quiet(self) -> bool:
        """Whether nothing waits, runs, or is about to be put."""
        channel = self.input
        return not channel.buffer and self.resting and not channel.putting

    def resize(self, target: int, reason: str) -> None:
        """Go towards `target` workers; those that have something to do are not sent away."""
        before = len(self.workers)
        for _ in range(target - before):
            self._hire()
        for _ in range(before - target):
            retired = self.input.retire(self.workers)
            if retired is None:
                break
            self.workers.discard(retired)
        self._await_first_item()
        if len(self.workers) != before:
            self.context.scaled(WorkersScaled(self.name, before, len(self.workers), reason, self.context.clock.now()))

    def revive(self) -> None:
        """An item waits and nobody is there: start a worker."""
        self._opening = None
        self.input.calling = False
        self._await_first_item()

    def drop(self, entries: Iterable[Any]) -> None:
        """Count entries that nobody will process."""
        for entry in entries:
            if not isinstance(entry, LastWorkItem):
                self.count_drop(entry)
                finish(entry, "dropped")
                if self.context.observers.watched:
                    now = self.context.clock.now()
                    self.context.observers.notify(ItemFinished(self.name, plain(entry), "dropped", now, 0.0))

    def count_drop(self, entry: Any) -> None:  # noqa: ARG002 - an error job looks at it
        """Count one of them."""
        self.tally.dropped += 1

    def hire(self) -> FlowWorker:
        """A new worker of the kind that this job needs."""
        batch = self.limits.batch
        return FlowWorker(self) if batch is None else BatchWorker(self, batch)

    def _hire(self) -> None:
        worker = self.hire()
        self.workers.add(worker)
        self._staff.add(worker)
        worker.task.add_done_callback(lambda task: self._left(worker, task))

    def _left(self, worker: FlowWorker, task: asyncio.Task[None]) -> None:
        self.workers.discard(worker)
        self._staff.discard(worker)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.context.fail(error)
        if not self.context.closing:
            self._await_first_item()
        self.context.settle()

    def _await_first_item(self) -> None:
        opening, channel = self._opening, self.input
        if self.workers:
            if opening is not None:
                channel.parked.remove(opening)
                opening.waiter.cancel()
                self._opening = None
        elif channel.buffer:
            self.resize(1, "0->1: an item waits")
        elif opening is None and not channel.closed:
            self._opening = Opening(self)
            channel.parked.append(self._opening)

    def _at_work(self) -> list[float]:
        # A copy, made in one step: a widget may ask from another thread.
        return [worker.since for worker in tuple(self.workers) if worker.since is not None]

    @property
    def busy_seconds(self) -> float:
        """Seconds at work up to now, added up over the workers."""
        at_work = self._at_work()
        now = self.context.clock.now() if at_work else 0.0
        waited = self._pace.waited if self._pace else 0.0
        return max(0.0, self.tally.busy + sum(now - since for since in at_work) - waited)

    def snapshot(self) -> NodeSnapshot:
        """The job as it is now."""
        channel, cap = self.input, self.capacity
        handed = min(len(channel.buffer), channel.idle)
        held_back = self._pace.waiting if self._pace else 0
        return NodeSnapshot(
            name=self.name,
            waiting=channel.waiting,
            running=max(0, len(self._at_work()) - held_back) + handed,
            workers=len(self.workers),
            min_workers=cap.min_workers,
            max_workers=cap.max_workers,
            done=self.tally.finished,
            failed=self.tally.failed,
            busy_seconds=self.busy_seconds,
            blocked=self.tally.blocked + held_back,
            capacity=cap.queue_length,
        )

    @property
    def handed_on(self) -> int:
        """How many items it handed to the next job."""
        return self.tally.done

    @property
    def reported(self) -> int:
        """How many items it handed to the error job."""
        return self.tally.failed + self.tally.rerouted

    def report(self) -> JobReport:
        """What became of its items."""
        return JobReport(self.name, Counts.of(self.tally.finished + self.tally.dropped, self.tally), self.busy_seconds)
