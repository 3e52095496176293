"""`FlowProfile`: what the workers of each job did with their time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from framework.observe.frames import RowSequence, Schema, typed_frame

if TYPE_CHECKING:
    import pandas as pd

PROFILE: Schema = {
    "job": "string",
    "items": "int64",
    "working": "float64",
    "share": "float64",
    "per_item": "float64",
    "lock": "float64",
    "room": "float64",
    "rate": "float64",
    "idle": "float64",
}


@dataclass(frozen=True, slots=True)
class JobProfile:
    """One job: seconds, added up over its workers.

    They worked, waited for the lock, for room downstream, for the rate, or for an item. `share` is that of its work in
    the work of all jobs, from 0 to 1.
    """

    job: str
    items: int
    working: float
    lock: float
    room: float
    rate: float
    idle: float
    share: float = 0.0

    @property
    def per_item(self) -> float:
        """Seconds of work for an item."""
        return self.working / self.items if self.items else 0.0


class FlowProfile(RowSequence[JobProfile]):
    """The jobs of a run, the one that worked most first; obtained from `report.profile()`."""

    def __init__(self, jobs: Iterable[JobProfile]) -> None:
        known = sorted(jobs, key=lambda one: -one.working)
        total = sum(one.working for one in known) or 1.0
        self._rows = tuple(
            JobProfile(one.job, one.items, one.working, one.lock, one.room, one.rate, one.idle, one.working / total)
            for one in known
        )

    def __repr__(self) -> str:
        width = max((len(one.job) for one in self), default=0)
        return "\n".join(f"{one.job:<{width}}  {_told(one)}" for one in self) or "no jobs"

    def frame(self) -> pd.DataFrame:
        """Return a row for each job, with the columns that a `JobProfile` has; seconds, and `share` from 0 to 1."""
        return typed_frame(([getattr(one, column) for column in PROFILE] for one in self), PROFILE)


def _told(one: JobProfile) -> str:
    parts = [f"{one.working:8.3f} s at work, {one.share:4.0%}, {one.per_item:.4f} s an item"]
    waits = {"the lock": one.lock, "room downstream": one.room, "the rate": one.rate, "items": one.idle}
    waited = [f"{seconds:.3f} s for {what}" for what, seconds in waits.items() if seconds >= 0.001]  # noqa: PLR2004 - ms
    return ", ".join([*parts, *([f"waited {', '.join(waited)}"] if waited else [])])
