"""`Profile`: what took the time of a run, a row for each processor or job."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from framework.observe.frames import Schema, typed_frame

if TYPE_CHECKING:
    import pandas as pd

PROFILE: Schema = {
    "processor": "string",
    "seconds": "float64",
    "share": "float64",
    "delivered": "int64",
    "failed": "int64",
    "built": "int64",
    "build_seconds": "float64",
    "replayed": "int64",
    "replay_seconds": "float64",
    "silent": "Int64",
}
BAR = 20  # characters of a share of 1


@dataclass(frozen=True, slots=True)
class ProcessorReport:
    """What one processor did in a run.

    `seconds` that it was at work, those on an event loop or an executor included, added up where several inputs were
    under way; `replay_seconds` is the part in which it answered from its archive. `delivered` does not count messages
    of a builder to itself. `built` and `replayed` are inputs of a builder or of a cached `process`. `silent` are the
    inputs of a builder without an artifact, and the deliveries of another processor that emitted nothing; None where
    these are not counted, without a history.
    """

    name: str
    delivered: int
    seconds: float
    failed: int = 0
    emitted: int = 0
    built: int = 0
    replayed: int = 0
    silent: int | None = None
    replay_seconds: float = 0.0

    @property
    def build_seconds(self) -> float:
        """The seconds in which it did not answer from its archive."""
        return max(0.0, self.seconds - self.replay_seconds)


class Profile:
    """Seconds and share per processor, the slowest first: obtained from `report.profile()`."""

    def __init__(self, reports: Iterable[ProcessorReport]) -> None:
        self.rows = tuple(sorted(reports, key=lambda row: -row.seconds))
        self.seconds = sum(row.seconds for row in self.rows)

    def __iter__(self) -> Iterator[ProcessorReport]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def share(self, row: ProcessorReport) -> float:
        """Return the part of all seconds that a processor took, 0 to 1."""
        return row.seconds / self.seconds if self.seconds else 0.0

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that say something: built and replayed only where there is something of the kind."""
        shown = ["processor", "seconds", "share", "delivered"]
        shown += ["failed"] if any(row.failed for row in self.rows) else []
        shown += ["built", "build_seconds"] if any(row.built or row.replayed for row in self.rows) else []
        shown += ["replayed", "replay_seconds"] if any(row.replayed for row in self.rows) else []
        return tuple(shown + (["silent"] if any(row.silent for row in self.rows) else []))

    def cell(self, row: ProcessorReport, column: str) -> object:
        """Return the value of a column."""
        if column == "share":
            return self.share(row)
        value: object = getattr(row, "name" if column == "processor" else column)
        return value

    def frame(self) -> pd.DataFrame:
        """Return one row per processor: seconds, share (0 to 1), deliveries, built and replayed apart, silent."""
        return typed_frame(([self.cell(row, column) for column in PROFILE] for row in self.rows), PROFILE)

    def __repr__(self) -> str:
        table = [(*self.columns, "")]
        for row in self.rows:
            bar = "#" * round(BAR * self.share(row))
            table.append((*(_text(self.cell(row, column), column) for column in self.columns), bar))
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        return "\n".join(
            "  ".join(
                cell.ljust(width) if place in {0, len(widths) - 1} else cell.rjust(width)
                for place, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in table
        )


def _text(value: object, column: str) -> str:
    if column == "share":
        return f"{value:.0%}"
    if isinstance(value, float):
        return f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) else str(value or "")
