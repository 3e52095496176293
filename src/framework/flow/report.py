"""Results of a run: `FlowReport`, and the counts in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from framework.flow.profile import FlowProfile, JobProfile
from framework.observe import Failures, WorkersScaled
from framework.observe.findings import Findings, times

Ended = Literal["running", "finished", "last work item", "stopped", "cancelled", "failed"]


class ItemCounter:
    """How items left one job.

    `last` are those that it answered with a LastWorkItem, `spawned` those that it made, which are done if no job
    follows, and `spent` those that ended here as done although other jobs follow: what they yielded went on. `reasons`
    tells why items were dropped; `retry_seconds` adds up what items waited for another attempt, the first of which came
    of `retry_cause`: the error, and the line in the user's code.
    """

    __slots__ = (
        "done", "dropped", "failed", "last", "reasons", "rerouted", "retried", "retry_cause", "retry_seconds",
        "skipped", "spawned", "spent",
    )  # fmt: skip

    def __init__(self) -> None:
        self.done = self.skipped = self.rerouted = self.failed = self.dropped = 0
        self.last = self.spawned = self.spent = self.retried = 0
        self.reasons: Counter[str] = Counter()
        self.retry_seconds = 0.0
        self.retry_cause: tuple[str, str] | None = None

    @property
    def finished(self) -> int:
        """Items that the job has dealt with, whatever came of it."""
        return self.done + self.skipped + self.rerouted + self.failed + self.last


@dataclass(frozen=True, slots=True, eq=False)  # equal to any mapping of the same counts
class Counts(Mapping[str, int]):
    """Items by their end: when the run is over, `taken` and `spawned` together are the sum of the others.

    `spawned` are items that processors yielded; as a mapping, the counts have that key only where there are any.
    """

    taken: int = 0
    done: int = 0
    skipped: int = 0
    rerouted: int = 0
    failed: int = 0
    dropped: int = 0
    spawned: int = 0

    def __repr__(self) -> str:
        return f"Counts({', '.join(f'{name}={self[name]}' for name in self)})"

    @property
    def ended(self) -> int:
        """Items that are not on their way any more."""
        return self.done + self.skipped + self.rerouted + self.failed + self.dropped

    def __getitem__(self, name: str) -> int:
        if name not in (*_NAMES, "spawned"):
            raise KeyError(name)
        count: int = getattr(self, name)
        return count

    def __iter__(self) -> Iterator[str]:
        yield from _NAMES
        if self.spawned:
            yield "spawned"

    def __len__(self) -> int:
        return len(_NAMES) + bool(self.spawned)


def counts_of(taken: int, counters: Collection[ItemCounter], ends: Collection[ItemCounter]) -> Counts:
    """Return the counts of several jobs together; at the `ends` of them an item is done."""
    done = sum(one.last + (one.done + one.spawned if one in ends else one.spent) for one in counters)
    ways = ("skipped", "rerouted", "failed", "dropped", "spawned")
    return Counts(taken, done, **{way: sum(getattr(one, way) for one in counters) for way in ways})


def reasons_of(counters: Iterable[ItemCounter]) -> dict[str, int]:
    """Return why items were dropped in several jobs, and how many."""
    reasons: Counter[str] = Counter()
    for counter in counters:
        reasons.update(counter.reasons)
    return dict(reasons)


_NAMES = ("taken", "done", "skipped", "rerouted", "failed", "dropped")


@dataclass(frozen=True, slots=True)
class JobReport:
    """One job: how items left it, and what its workers did.

    Attributes:
        counts: `taken` are the items that left.
        busy_seconds: that its workers worked, added up over them, as the other seconds are.
        locked_seconds: that they waited for the lock.
        blocked_seconds: that they waited for room downstream or for the rate.
        rate_seconds: those of the blocked seconds that they waited for the rate.
        idle_seconds: that they waited for an item.
        retried: how many attempts were made again.
        retry_seconds: that items were to wait for another attempt, added up over the items; it holds no worker.
        overflow: the most items that waited beyond the bound of its queue; puts from inside of the flow never wait.
        reasons: why items were dropped, and how many.
    """

    name: str
    counts: Counts
    busy_seconds: float
    locked_seconds: float = 0.0
    blocked_seconds: float = 0.0
    idle_seconds: float = 0.0
    retried: int = 0
    overflow: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    rate_seconds: float = 0.0
    retry_seconds: float = 0.0

    @property
    def worker_seconds(self) -> float:
        """All seconds of its workers, whatever they did or waited for."""
        return self.busy_seconds + self.locked_seconds + self.blocked_seconds + self.idle_seconds


@dataclass(frozen=True, slots=True, repr=False)
class FlowReport:
    """A run, finished or so far.

    Attributes:
        jobs: those of sub-flows and routers under dotted names, error jobs after the others. The counts of the flow
            leave error jobs out, because their items are the others'.
        failures: the first 1,000; the first of a kind with all frames, others with the text of their traceback.
        elapsed: seconds.
        ended: why; "failed" is a source, a strategy, a factory or a resource that raised `error`, not an item.
        reasons: why items were dropped, and how many.
        cut_off: what was still going on when a stopped, cancelled or failed flow gave up waiting for it.
        problems: what went wrong beside the items: workers that could not be made, that died, that failed to release.
        waiting: the text of `why_waiting` at the moment when it was stopped, was cancelled or failed.
    """

    name: str
    counts: Counts
    jobs: Mapping[str, JobReport]
    failures: Failures
    scalings: tuple[WorkersScaled, ...]
    elapsed: float
    ended: Ended
    error: BaseException | None = None
    cut_off: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    waiting: str = ""
    reasons: Mapping[str, int] = field(default_factory=dict)
    _diagnosis: Callable[[], Findings] = field(default=Findings, repr=False, compare=False)

    def __repr__(self) -> str:
        parts = [f"{count:,} {name}" for name, count in self.counts.items() if count] or ["no items"]
        parts += [times(len(self.problems), "problem")] if self.problems else []
        parts += [f"{len(self.cut_off):,} cut off"] if self.cut_off else []
        return f"{self.ended.capitalize()}: {', '.join(parts)}, {self.elapsed:.2f} s"

    @property
    def findings(self) -> Findings:
        """What is odd in the run, the most serious first; none for a healthy run."""
        return self._diagnosis()

    def profile(self) -> FlowProfile:
        """Return what each job's workers did with their time, the job that worked most first."""
        rows = [
            JobProfile(
                job=one.name,
                items=one.counts.ended,
                working=one.busy_seconds,
                lock=one.locked_seconds,
                room=max(0.0, one.blocked_seconds - one.rate_seconds),
                rate=one.rate_seconds,
                idle=one.idle_seconds,
            )
            for one in self.jobs.values()
        ]
        return FlowProfile(rows)
