"""`ItemHistory`: what became of each item in the jobs of a flow, and the answers that it gives after the run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from framework.observe.frames import typed_frame
from framework.observe.recording.frozen import ValueDescription
from framework.observe.recording.history_limit import MAX_BYTES, checked_bytes
from framework.observe.recording.items.item_log import RUN, ItemLog, ItemRow
from framework.observe.recording.items.item_trace import ItemTrace, Visit
from framework.observe.recording.items.kept_item import Copy, kept
from framework.observe.recording.items.visits import visits_of

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = {
    "run": "int64",
    "at": "float64",
    "job": "object",
    "item": "object",
    "outcome": "object",
    "seconds": "float64",
    "attempts": "int64",
    "made": "int64",
    "reason": "object",
}


class ItemHistory:
    """What became of the items, the oldest dropped first: obtained from `flow.history`.

    It is kept from the first item on where `framework.notebook` is loaded or `Flow(history=True)` asks for it, and
    bounded by `max_bytes`, an estimate; `dropped` counts the rows that had to go. Items that cannot change are kept as
    they are, others as a bounded description::

        flow.history.items("parse", outcome="failed")
        flow.history.lineage("/index.html")
        flow.history.frame()
    """

    def __init__(self, max_bytes: float = MAX_BYTES) -> None:
        self.log = ItemLog(checked_bytes(max_bytes))

    @property
    def dropped(self) -> int:
        """How many rows were dropped to stay within the bound."""
        return self.log.dropped

    def items(self, job: str | None = None, *, outcome: str | None = None) -> list[Visit]:
        """Return the visits of items to jobs that are kept, in the order they ended.

        Args:
            job: only those to the job of this name.
            outcome: only "done", "skipped", "rerouted", "failed" or "dropped" ones.
        """
        return [
            visit
            for visit in self._read()
            if (job is None or visit.job == job) and (outcome is None or visit.outcome == outcome)
        ]

    def lineage(self, item: Any) -> ItemTrace | None:
        """Return the way of an item through the jobs: where it came from, what was made of it, how it ended.

        `item` is what any of the jobs got or the last one returned; of several equal ones the latest is meant. None
        where it was never seen, or its rows were dropped.
        """
        wanted = _wanted(item)
        for visit in reversed(list(self._read())):
            if wanted(visit):
                return ItemTrace.of(visit)
        return None

    def frame(self) -> pd.DataFrame:
        """Return one row per visit of an item to a job, in the order they ended.

        Columns: run (counted from 1), at (s since the start of the run), job, item, outcome, seconds, attempts, made
        (how many items were made of it), reason.
        """
        return typed_frame(map(_in_frame, self._read()), _COLUMNS)

    def empty(self) -> dict[str, int]:
        """Return how many items of the latest run were None, by the job that got them."""
        counts: dict[str, int] = {}
        for _, job, outcome, _, item, *_ in self.log.rows():
            if outcome == RUN:
                counts = {}
            elif item is None:
                counts[job] = counts.get(job, 0) + 1
        return counts

    def __len__(self) -> int:
        return sum(1 for row in self.log.rows() if row[2] != RUN)

    def __repr__(self) -> str:
        rows = list(self.log.rows())
        runs = sum(row[2] == RUN for row in rows)
        dropped = f", {self.dropped:,} older ones dropped" if self.dropped else ""
        return f"<ItemHistory: {len(rows) - runs:,} visits of items to jobs{dropped}>"

    def _read(self) -> Iterator[Visit]:
        run, rows, number = None, list[ItemRow](), 0
        for row in self.log.rows():
            if row[2] == RUN:
                yield from visits_of(run, rows, number)
                run, rows, number = row, [], number + 1
            else:
                rows.append(row)
        yield from visits_of(run, rows, max(1, number))


def _wanted(item: Any) -> Any:
    """Return whether a visit is of that item, or ended with it as the result."""
    stand_in = kept(item)

    def same(value: Any) -> bool:
        try:
            if isinstance(value, Copy | ValueDescription):
                return type(value) is type(stand_in) and bool(value == stand_in)
            return type(value) is type(item) and bool(value == item)
        except Exception:  # noqa: BLE001 - a user's __eq__ may raise anything
            return False

    return lambda visit: same(visit.item) or (visit.has_result and same(visit.result))


def _in_frame(visit: Visit) -> tuple[object, ...]:
    one = visit
    return one.run, one.at, one.job, one.item, one.outcome, one.seconds, one.attempts, one.made, one.reason
