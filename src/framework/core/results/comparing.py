"""`compare`: the output of redefined code beside what is archived, before the code is used."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from framework.archive import Archive
from framework.archive.archive import records
from framework.archive.digest.digest import equal
from framework.core.archives import ArchivedResult
from framework.core.driving.bounds import whole
from framework.core.processor import AbstractProcessor, not_a_processor
from framework.errors import ArchiveError
from framework.observe.frames import RowSequence
from framework.observe.text import short_repr

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class ComparisonRow:
    """One archived input with both outputs; `new` is the exception where the new code raised."""

    input: Any
    old: Sequence[Any]
    new: Sequence[Any] | Exception
    same: bool


class Comparison(RowSequence[ComparisonRow]):
    """The rows of a comparison, in the order of the archive; nothing was written."""

    def __init__(self, name: str, rows: Iterable[ComparisonRow]) -> None:
        self.name = name
        self._rows = tuple(rows)

    @property
    def changed(self) -> tuple[ComparisonRow, ...]:
        """The rows whose outputs differ."""
        return tuple(row for row in self._rows if not row.same)

    def __repr__(self) -> str:
        lines = [f"{self.name}: {len(self.changed)} of {len(self)} archived inputs come out otherwise"]
        for row in self.changed[:3]:
            lines += [f"  {short_repr(row.input)}", f"    old {short_repr(row.old)}", f"    new {short_repr(row.new)}"]
        return "\n".join(lines)

    def frame(self) -> pd.DataFrame:
        """Return one row per input: input, old, new, same."""
        from framework.notebook.frames.safe_frame import SafeFrame

        rows = [(row.input, row.old, row.new, row.same) for row in self._rows]
        return SafeFrame(rows, columns=["input", "old", "new", "same"])


def compare(name: str, archive: Archive, renewed: AbstractProcessor, limit: int | None) -> Comparison:
    """Compare archived outputs with those of `renewed`, outside of any run; raises ArchiveError for none."""
    if not isinstance(renewed, AbstractProcessor):
        raise TypeError(f"compare takes the new class or an instance of it, got {not_a_processor(renewed)}")
    whole("limit", limit)
    rows = Comparison(name, itertools.islice(_rows(archive, renewed), limit))
    if not rows:
        raise ArchiveError(f"{name} has no archived inputs to compare: run it once with @caching or persist=True")
    return rows


def _rows(archive: Archive, renewed: AbstractProcessor) -> Iterator[ComparisonRow]:
    for _, record in records(archive, ArchivedResult):
        old = tuple(record.output)
        try:
            new = tuple(renewed._reproduce(record.input))
        except Exception as error:  # noqa: BLE001 - new code may raise anything, and that is a result worth seeing
            yield ComparisonRow(record.input, old, error, same=False)
        else:
            yield ComparisonRow(record.input, old, new, equal(old, new))
