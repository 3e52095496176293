"""`JobFigures`: what a job shows of its run. Base of `JobRun`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from framework.flow.report import Counts, ItemCounter, JobReport
from framework.flow.workers.worker_task import WorkerState
from framework.observe import NodeSnapshot

if TYPE_CHECKING:
    from framework.flow.capacity import Capacity
    from framework.flow.clock import Clock, Timer
    from framework.flow.jobs.limits import Pace
    from framework.flow.queues.channel import Channel
    from framework.flow.queues.envelope import Envelope
    from framework.flow.workers.worker import FlowWorker


class JobFigures:
    """Counts, seconds and the present state of a job."""

    name: str
    input: Channel
    capacity: Capacity
    clock: Clock
    counter: ItemCounter
    seconds: list[float]
    workers: set[FlowWorker]
    all_workers: set[FlowWorker]
    retrying: dict[Envelope, Timer]
    pace: Pace | None

    @property
    def seconds_now(self) -> list[float]:
        """Seconds in each state up to now, added up over the workers."""
        seconds, now = list(self.seconds), self.clock.now()
        for worker in self.all_workers.copy():  # a widget may ask from another thread
            seconds[worker.state] += max(0.0, now - worker.since)
        return seconds

    def snapshot(self) -> NodeSnapshot:
        """Return the job as it is now."""
        channel, cap = self.input, self.capacity
        states = [worker.state for worker in self.workers.copy()]
        handed = min(len(channel.buffer), channel.idle)
        return NodeSnapshot(
            name=self.name,
            waiting=channel.waiting,
            running=states.count(WorkerState.WORKING) + handed,
            workers=len(states),
            min_workers=cap.min_workers,
            max_workers=cap.max_workers,
            done=self.counter.finished,
            failed=self.counter.failed,
            busy_seconds=self.seconds_now[WorkerState.WORKING],
            blocked=states.count(WorkerState.BLOCKED),
            capacity=cap.queue_length,
            locked=states.count(WorkerState.LOCKED),
            opening=states.count(WorkerState.OPENING),
            retrying=len(self.retrying) + channel.returned,
        )

    @property
    def handed_on(self) -> int:
        """How many items it handed to the next job."""
        return self.counter.done - self.counter.spent + self.counter.spawned

    @property
    def reported(self) -> int:
        """How many items it handed to the error job."""
        return self.counter.failed + self.counter.rerouted

    def report(self) -> JobReport:
        """Return what became of its items."""
        seconds, one = self.seconds_now, self.counter
        taken, done = one.finished + one.dropped, one.done + one.last
        return JobReport(
            self.name,
            Counts(taken, done, one.skipped, one.rerouted, one.failed, one.dropped, one.spawned),
            busy_seconds=seconds[WorkerState.WORKING],
            locked_seconds=seconds[WorkerState.LOCKED],
            blocked_seconds=seconds[WorkerState.BLOCKED],
            idle_seconds=seconds[WorkerState.IDLE],
            retried=one.retried,
            overflow=self.input.overflow,
            reasons=dict(one.reasons),
            rate_seconds=0.0 if self.pace is None else self.pace.seconds,
            retry_seconds=one.retry_seconds,
        )
