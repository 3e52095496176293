"""What workers see: `RunContext` of their run, `RunningJob` of their job. Implemented by `FlowRun` and `JobRun`."""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import Context
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from framework.flow.clock import Clock
    from framework.flow.jobs.limits import Prepared
    from framework.flow.jobs.processors import ProcessorSource
    from framework.flow.queues.channel import Channel
    from framework.flow.queues.envelope import Attempt
    from framework.flow.queues.lanes import Lanes
    from framework.flow.report import ItemCounter
    from framework.flow.signals import LastWorkItem
    from framework.observe import Failure, Observers, WorkersScaled
    from framework.observe.recording.items.item_log import ItemLog


class RunContext(Protocol):
    """The run that a worker is part of."""

    name: str
    observers: Observers
    log: ItemLog | None
    closing: bool
    variables: Context

    @property
    def is_over(self) -> bool:
        """Whether its report is made: nothing counts any more."""

    @property
    def is_cut_short(self) -> bool:
        """Whether it was stopped or cancelled or has failed, and its workers end because of that."""

    def settle(self) -> None:
        """Check whether the run can end; called whenever the last worker of a job becomes idle."""

    def keep(self, failure: Failure) -> bool:
        """Keep a failure for the report; return whether it is the first of its kind."""

    def release_frames(self, failure: Failure) -> None:
        """Let the frames of a failure go that has been handled, unless it is the first of its kind."""

    def follow(self, attempt: Attempt) -> None:
        """Let the attempt end with the run at the latest."""

    def cut(self, job: Any, last: LastWorkItem, *, taken: bool) -> None:
        """A LastWorkItem passed `job`: drop what is queued there or upstream; the rest runs to its end."""

    def scaled(self, happening: WorkersScaled) -> None:
        """Record that a job was scaled."""

    def note(self, problem: str) -> None:
        """Record in the report what went wrong beside the items."""

    def fail(self, error: BaseException) -> None:
        """End now, because of an error that was not an item's failure."""


class RunningJob(Protocol):
    """The job that a worker belongs to."""

    name: str
    source: ProcessorSource
    counter: ItemCounter
    input: Channel
    clock: Clock
    lanes: Lanes | None
    seconds: list[float]
    scoped: bool
    serving: int
    context: RunContext

    @property
    def next(self) -> RunningJob | None:
        """The job that gets its results."""

    @property
    def errors(self) -> RunningJob | None:
        """The job that gets its failures."""

    def prepare(self, processor: Any, worker: Any) -> Prepared:
        """Put the limits of the job around a worker's processor; raises FlowError."""

    def opened(self) -> None:
        """One of its workers has its processor."""

    def drop(self, entries: Iterable[Any], reason: str = "") -> None:
        """Count entries that will not be processed."""

    def retry(self, entry: Any, error: BaseException) -> bool:
        """Let a failed item wait for its next attempt, if it has one."""

    def route(self, label: Any) -> RunningJob | None:
        """Return the arm of a router for that label."""

    def call_alone(self, processor: Any, item: Any) -> Any:
        """Process one item outside of any worker; returns something to await."""
