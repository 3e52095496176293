"""`Visit` of an item to a job, and `ItemTrace`: the way of an item through the jobs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from framework.observe.frames import RowSequence
from framework.observe.text import short_repr

MOST_CHILDREN = 10
"""How many of the items that were made of one are shown in a text."""


@dataclass(slots=True, eq=False, repr=False)
class Visit:
    """One item in one job.

    `at` is when it left the job, in seconds from the start of the run; `seconds` is how long it was processed, in the
    last of its `attempts`. `result` is what the last job returned for it. `reason` says why it was dropped, or what it
    raised; `made` counts the items that were made of it.
    """

    run: int
    at: float
    job: str
    item: Any
    outcome: str
    seconds: float
    attempts: int = 1
    reason: str = ""
    made: int = 0
    result: Any = None
    has_result: bool = False
    before: Visit | None = field(default=None)
    parent: Visit | None = field(default=None)
    after: Visit | None = field(default=None)
    children: list[Visit] = field(default_factory=list)

    def __repr__(self) -> str:
        attempts = f" in {self.attempts} attempts" if self.attempts > 1 else ""
        reason = f": {self.reason}" if self.reason else ""
        return f"{self.job} {self.outcome}{attempts} {short_repr(self.item)} in {self.seconds:.3f} s{reason}"


class ItemTrace(RowSequence[Visit]):
    """The visits of one item, from the first job to its end; obtained from `flow.history.lineage(item)`.

    `parent` is the trace of the item that it was made of, None for one from outside; `children` are those of the items
    that were made of it.
    """

    def __init__(self, visits: tuple[Visit, ...]) -> None:
        self._rows = visits

    @classmethod
    def of(cls, visit: Visit) -> ItemTrace:
        """Return the trace that a visit is part of."""
        first = visit
        while first.before is not None:
            first = first.before
        visits = [first]
        while visits[-1].after is not None:
            visits.append(visits[-1].after)
        return cls(tuple(visits))

    @property
    def item(self) -> Any:
        """The item as it came into the first of these jobs."""
        return self._rows[0].item

    @property
    def jobs(self) -> tuple[str, ...]:
        """The jobs that it visited, in order."""
        return tuple(visit.job for visit in self._rows)

    @property
    def outcome(self) -> str:
        """How it ended: that of the last visit; a failed one that an error job took has failed."""
        return next((v.outcome for v in self._rows if v.outcome in {"failed", "rerouted"}), self._rows[-1].outcome)

    @property
    def seconds(self) -> float:
        """Seconds from the start of the first visit to the end of the last, waiting included."""
        first = self._rows[0]
        return self._rows[-1].at - (first.at - first.seconds)

    @property
    def parent(self) -> ItemTrace | None:
        """The trace of the item that this one was made of."""
        made_by = self._rows[0].parent
        return None if made_by is None else ItemTrace.of(made_by)

    @property
    def children(self) -> list[ItemTrace]:
        """The traces of the items that were made of this one."""
        return [ItemTrace.of(child) for visit in self._rows for child in visit.children]

    def __repr__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        parent, above = self.parent, list[str]()
        while parent is not None and len(above) < MOST_CHILDREN:
            above.append(short_repr(parent.item))
            parent = parent.parent
        made = f", made of {', made of '.join(above)}" if above else ""
        yield f"{short_repr(self.item)}: {self.outcome} after {self.seconds:.3f} s{made}"
        yield from (f"  {visit!r}" for visit in self._rows)
        children = self.children
        for child in children[:MOST_CHILDREN]:
            yield f"    {short_repr(child.item)}: {child.outcome} after {child.seconds:.3f} s"
        if len(children) > MOST_CHILDREN:
            yield f"    and {len(children) - MOST_CHILDREN:,} more"
