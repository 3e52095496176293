"""Results of a run: `FlowReport`, and the counts in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Literal, Self

from framework.observe import Failures, WorkersScaled

Ended = Literal["running", "finished", "last work item", "stopped", "cancelled", "failed"]


class Tally:
    """How items left one job; `last` are those that a job answered with a LastWorkItem.

    Beside them, how many of its workers are `blocked`, and the seconds that they were `busy` up to their last pause.
    """

    __slots__ = ("blocked", "busy", "done", "dropped", "failed", "last", "rerouted", "skipped")

    def __init__(self) -> None:
        self.blocked = 0
        self.busy = 0.0
        self.done = self.skipped = self.rerouted = self.failed = self.dropped = self.last = 0

    @property
    def finished(self) -> int:
        """Items that the job has dealt with, whatever came of it."""
        return self.done + self.skipped + self.rerouted + self.failed + self.last


@dataclass(frozen=True, slots=True, eq=False)  # equal to any mapping of the same counts
class Counts(Mapping[str, int]):
    """Items by their end; `taken` is the sum of the others when the run is over."""

    taken: int = 0
    done: int = 0
    skipped: int = 0
    rerouted: int = 0
    failed: int = 0
    dropped: int = 0

    @property
    def ended(self) -> int:
        """Items that are not on their way any more."""
        return self.done + self.skipped + self.rerouted + self.failed + self.dropped

    def __getitem__(self, name: str) -> int:
        """The count of that name."""
        if name not in _NAMES:
            raise KeyError(name)
        count: int = getattr(self, name)
        return count

    def __iter__(self) -> Iterator[str]:
        """The names, in the order of an item's life."""
        return iter(_NAMES)

    def __len__(self) -> int:
        """How many names there are."""
        return len(_NAMES)

    @classmethod
    def of(cls, taken: int, tally: Tally) -> Self:
        """The counts of one job."""
        return cls(taken, tally.done + tally.last, tally.skipped, tally.rerouted, tally.failed, tally.dropped)


_NAMES = tuple(field.name for field in fields(Counts))


@dataclass(frozen=True, slots=True)
class JobReport:
    """One job: how items left it (`taken` are those that left), and the seconds that its workers worked."""

    name: str
    counts: Counts
    busy_seconds: float


@dataclass(frozen=True, slots=True)
class FlowReport:
    """A run, finished or so far.

    `jobs` has the error job last, where there is one; the counts of the flow leave it out, because its items are the
    others'. `failures` keeps the first 1,000. `ended` tells why; "failed" is a source, a strategy, a factory or a
    resource that raised `error`, not an item. `elapsed` is in seconds.
    """

    name: str
    counts: Counts
    jobs: Mapping[str, JobReport]
    failures: Failures
    scalings: tuple[WorkersScaled, ...]
    elapsed: float
    ended: Ended
    error: BaseException | None = None
