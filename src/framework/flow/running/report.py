"""What came of a run: `FlowReport`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from framework.flow.running.counts import Counts
from framework.observe import Failures, WorkersScaled

Ended = Literal["running", "finished", "last work item", "stopped", "cancelled", "failed"]


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
