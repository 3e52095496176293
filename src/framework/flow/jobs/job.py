"""One job of a flow: a processor, its queue and its workers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

from framework.errors import OptionError
from framework.flow.capacity import Capacity, scalable, with_workers
from framework.flow.jobs.pace import Pace
from framework.flow.jobs.processors import Call, as_call
from framework.flow.running.batch_worker import BatchWorker
from framework.flow.running.channel import Channel
from framework.flow.running.counts import Counts, Tally
from framework.flow.running.envelope import finish, plain
from framework.flow.running.report import JobReport
from framework.flow.running.scaler import Scaler
from framework.flow.running.worker import Worker
from framework.flow.signals import LastWorkItem
from framework.observe import ItemFinished, Node, NodeSnapshot, WorkersScaled

if TYPE_CHECKING:
    from framework.flow.flow import Flow
    from framework.flow.jobs.blueprint import Blueprint
    from framework.flow.running.run import FlowRun


class Opening:
    """Waits for the first item of a job without workers, in the place of one."""

    __slots__ = ("_job", "waiter")

    def __init__(self, job: Job) -> None:
        self.waiter: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._job = job
        self.waiter.add_done_callback(self._open)

    def _open(self, waiter: asyncio.Future[bool]) -> None:
        if not waiter.cancelled():
            self._job.revive()


class Job:
    """What `Flow.add` makes; a flow owns it and hands it to a `FlowRun` for the length of a run."""

    run: FlowRun
    next: Job | None = None
    _scaler: Scaler

    def __init__(self, plan: Blueprint, default: Capacity) -> None:
        self.name = plan.name
        self.source = plan.source
        self.limits = plan.limits
        self._plan = plan
        self._default = default
        self.tally = Tally()
        self._cap = self._declared()
        self._input = Channel(self.name)
        self._workers: set[Worker] = set()
        self._staff: set[Worker] = set()  # those, and the retired that still release their processors
        self._opening: Opening | None = None
        self._pace: Pace | None = None

    @property
    def input(self) -> Channel:
        """Its queue."""
        return self._input

    @property
    def _output(self) -> Channel | None:
        return None if self.next is None else self.next._input  # noqa: SLF001 - one of its own kind

    def check(self) -> None:
        """Take a copy of the capacity for the next run.

        Raises:
            OptionError: it makes no sense.
        """
        try:
            self._cap = self._declared().validated()
        except OptionError as error:
            error.add_note(f"in the capacity of {self.name}")
            raise

    def _declared(self) -> Capacity:
        said = self._plan.declaration
        capacity = self._plan.capacity or said.capacity or self._default
        if self._plan.capacity is None and said.workers is not None:
            capacity = with_workers(capacity, said.workers)
        return scalable(capacity)

    def begin(self, run: FlowRun, following: Job | None) -> None:
        """Get ready for a run."""
        self.run = run
        self.next = following
        self.tally = Tally()
        self._workers = set()
        self._staff = set()
        self._opening = None
        self._pace = None if self.limits.rate is None else Pace(self.limits.rate, run.clock)
        self._wrap = self.limits.around(run.clock, self._pace)
        self._input = Channel(self.name)  # a new one: whoever was left behind by the last run finds the old one closed
        self._input.open(self._cap.queue_length, run.settle)
        self._scaler = Scaler(self, run)

    async def open(self, stack: AsyncExitStack) -> None:
        """Enter what the workers share, and start the first of them."""
        await self.source.open(stack)
        for _ in range(self._cap.initial_workers):
            self._hire()
        self._await_first_item()

    async def ready(self) -> None:
        """Wait until the workers that were started have their processors.

        Raises:
            BaseException: what a factory raised.
        """
        for worker in list(self._workers):
            await asyncio.wait({worker.task, worker.ready}, return_when=asyncio.FIRST_COMPLETED)
            if worker.task.done():
                worker.task.result()

    def watch(self) -> None:
        """Begin to scale."""
        self._scaler.start(self._cap)

    def close(self) -> None:
        """Take nothing more and throw away what waits; work in flight is not touched."""
        self._input.close()
        self.drop(self._input.clear())

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
        return self._wrap(as_call(processor, self._plan.executor))

    @property
    def room(self) -> int:
        """How many items it can hold at most, at work and waiting."""
        return self._cap.max_workers + self._cap.queue_length

    @property
    def workers(self) -> int:
        """How many workers there are."""
        return len(self._workers)

    @property
    def resting(self) -> bool:
        """Whether all its workers wait for an item."""
        return self._input.idle == len(self._workers)

    @property
    def quiet(self) -> bool:
        """Whether nothing waits, runs, or is about to be put."""
        channel = self._input
        return not channel.buffer and self.resting and not channel.putting

    def resize(self, target: int, reason: str) -> None:
        """Go towards `target` workers; those that have something to do are not sent away."""
        before = len(self._workers)
        for _ in range(target - before):
            self._hire()
        for _ in range(before - target):
            retired = self._input.retire(self._workers)
            if retired is None:
                break
            self._workers.discard(retired)
        self._await_first_item()
        if len(self._workers) != before:
            self.run.scaled(WorkersScaled(self.name, before, len(self._workers), reason, self.run.clock.now()))

    def revive(self) -> None:
        """An item waits and nobody is there: start a worker."""
        self._opening = None
        self._input.calling = False
        self._await_first_item()

    def drop(self, entries: Iterable[Any]) -> None:
        """Count entries that nobody will process."""
        for entry in entries:
            if not isinstance(entry, LastWorkItem):
                self.count_drop(entry)
                finish(entry, "dropped")
                if self.run.observers.watched:
                    now = self.run.clock.now()
                    self.run.observers.notify(ItemFinished(self.name, plain(entry), "dropped", now, 0.0))

    def count_drop(self, entry: Any) -> None:  # noqa: ARG002 - an error job looks at it
        """Count one of them."""
        self.tally.dropped += 1

    def hire(self) -> Worker:
        """A new worker of the kind that this job needs."""
        batch = self.limits.batch
        return Worker(self) if batch is None else BatchWorker(self, batch)

    def _hire(self) -> None:
        worker = self.hire()
        self._workers.add(worker)
        self._staff.add(worker)
        worker.task.add_done_callback(lambda task: self._left(worker, task))

    def _left(self, worker: Worker, task: asyncio.Task[None]) -> None:
        self._workers.discard(worker)
        self._staff.discard(worker)
        if not task.cancelled() and (error := task.exception()) is not None:
            worker.run.fail(error)
        if worker.run is self.run and not self.run.closing:
            self._await_first_item()
        worker.run.settle()

    def _await_first_item(self) -> None:
        opening, channel = self._opening, self._input
        if self._workers:
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
        return [worker.since for worker in tuple(self._workers) if worker.since is not None]

    @property
    def busy_seconds(self) -> float:
        """Seconds at work up to now, added up over the workers."""
        at_work = self._at_work()
        now = self.run.clock.now() if at_work else 0.0
        waited = self._pace.waited if self._pace else 0.0
        return max(0.0, self.tally.busy + sum(now - since for since in at_work) - waited)

    def snapshot(self) -> NodeSnapshot:
        """The job as it is now."""
        channel, cap = self._input, self._cap
        handed = min(len(channel.buffer), channel.idle)
        held_back = self._pace.waiting if self._pace else 0
        return NodeSnapshot(
            name=self.name,
            waiting=channel.waiting,
            running=max(0, len(self._at_work()) - held_back) + handed,
            workers=len(self._workers),
            min_workers=cap.min_workers,
            max_workers=cap.max_workers,
            done=self.tally.finished,
            failed=self.tally.failed,
            busy_seconds=self.busy_seconds,
            blocked=self.tally.blocked + held_back,
            capacity=cap.queue_length,
        )

    @property
    def reported(self) -> int:
        """How many items it handed to the error job."""
        return self.tally.failed + self.tally.rerouted

    def subflows(self) -> tuple[Flow, ...]:
        """The flows that are part of it."""
        return self._plan.subflows

    def node(self) -> Node:
        """The job as a box of the graph."""
        cap = self._cap
        details = {"workers": f"{cap.min_workers}..{cap.max_workers}", "queue": cap.queue_length}
        return Node(self.name, "job", self.name, details={**details, **self.limits.shown()})

    def report(self) -> JobReport:
        """What became of its items."""
        return JobReport(self.name, Counts.of(self.tally.finished + self.tally.dropped, self.tally), self.busy_seconds)
