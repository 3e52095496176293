"""`Explanation`: who receives an event and why, as rows and as a table."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from framework.core.event import Event
from framework.core.matching.patterns import Receives
from framework.observe.text import short_repr

WIDTH = 100  # characters of a line of the table
NARROWEST = 40
NAMED = 5  # processors of the rest that are named
FEW = 3  # processors that are shown where none takes the event, not even nearly
OTHER = 3  # the rank of a processor that does not receive the event, not even nearly


@dataclass(frozen=True, slots=True)
class ExplanationRow:
    """Whether one processor receives the event, the reason, and its place in the source.

    `near`: it does not receive the event, but nearly: a misspelt name, an attribute, the class, a guard.
    """

    processor: str
    receives: Receives
    reason: str
    where: str
    near: bool = False

    @property
    def rank(self) -> int:
        """The place among the rows: receivers, those that a guard decides, near misses, others."""
        return OTHER if self.receives == "no" and not self.near else ("yes", "depends", "no").index(self.receives)

    @property
    def place(self) -> str:
        """The place, unless the reason names it already."""
        return "" if self.where in self.reason else self.where


class Explanation:
    """Which processors receive an event, a row for each; obtained from `pipeline.explain(event)`.

    It iterates over the rows: receivers first, then near misses, then the others. Its text is a table of the former
    two, with one line for the others.
    """

    def __init__(self, event: Event, rows: Iterable[ExplanationRow]) -> None:
        self.event = event
        self.rows = tuple(sorted(rows, key=lambda row: row.rank))

    def __iter__(self) -> Iterator[ExplanationRow]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def shown(self) -> tuple[ExplanationRow, ...]:
        """The rows of the table: receivers and near misses; the first few where there are neither."""
        near = sum(row.rank < OTHER for row in self.rows)
        rest = len(self.rows) - near
        return self.rows[: near + 1 if rest == 1 else near or FEW]

    @property
    def rest(self) -> str:
        """The processors that are not shown, in one line; empty if there are none."""
        names = [row.processor for row in self.rows[len(self.shown) :]]
        more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
        others = "1 other does" if len(names) == 1 else f"{len(names):,} others do"
        return f"{others} not take it: {', '.join(names[:NAMED])}{more}" if names else ""

    def __repr__(self) -> str:
        head = ("processor", "receives", "reason", "where")
        cells = [(row.processor, row.receives, row.reason, row.place) for row in self.shown]
        lines = [short_repr(self.event)]
        if cells:
            lines += _table([head, *cells] if any(row[3] for row in cells) else [head[:3], *(row[:3] for row in cells)])
        rest = self.rest or ("" if cells else "the pipeline has no processors")
        return "\n".join([*lines, rest] if rest else lines)


def _table(rows: list[tuple[str, ...]]) -> Iterator[str]:
    """Yield the lines of a table whose reasons wrap."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    others = sum(width + 2 for place, width in enumerate(widths) if place != 2)  # noqa: PLR2004 - the reason
    widths[2] = min(widths[2], max(NARROWEST, WIDTH - others))
    for processor, receives, reason, *where in rows:
        for number, part in enumerate(textwrap.wrap(reason, widths[2]) or [""]):
            line = (processor, receives, part, *where) if not number else ("", "", part, *("" for _ in where))
            yield "  ".join(map(str.ljust, line, widths)).rstrip()
