"""What workers see: `RunContext` of their run, `RunningJob` of their job. Implemented by `FlowRun` and `JobRun`."""

from __future__ import annotations

from collections.abc import Iterable, Sized
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from framework.flow.clock import Clock
    from framework.flow.jobs.processors import Call, ProcessorSource
    from framework.flow.report import Tally
    from framework.flow.running.channel import Channel
    from framework.observe import Failure, Observers, WorkersScaled


class RunContext(Protocol):
    """The run that a worker is part of."""

    name: str
    clock: Clock
    observers: Observers
    closing: bool

    @property
    def is_over(self) -> bool:
        """Whether its report is made: nothing counts any more."""
        ...

    def settle(self) -> None:
        """Check whether the run can end; called whenever the last worker of a job becomes idle."""
        ...

    def keep(self, failure: Failure) -> None:
        """Keep a failure for the report."""
        ...

    def cut(self, job: Any) -> None:
        """A LastWorkItem passed `job`: drop what is queued there or upstream; the rest runs to its end."""
        ...

    def scaled(self, happening: WorkersScaled) -> None:
        """Record that a job was scaled."""
        ...

    def fail(self, error: BaseException) -> None:
        """End now, because of an error that was not an item's failure."""
        ...


class RunningJob(Protocol):
    """The job that a worker belongs to."""

    name: str
    source: ProcessorSource
    tally: Tally
    input: Channel

    @property
    def context(self) -> RunContext:
        """The run that it is part of."""
        ...

    @property
    def next(self) -> RunningJob | None:
        """The job that gets its results."""
        ...

    @property
    def errors(self) -> RunningJob | None:
        """The job that gets its failures."""
        ...

    @property
    def workers(self) -> Sized:
        """Its workers, without those that only release their processors any more."""
        ...

    def prepare(self, processor: Any) -> Call:
        """Put the limits of the job around a worker's processor."""
        ...

    def drop(self, entries: Iterable[Any]) -> None:
        """Count entries that will not be processed."""
        ...
