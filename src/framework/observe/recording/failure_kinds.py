"""`FailureKind`: failures that one processor or job raised with one type of error at one line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from framework.observe.findings import Finding, times
from framework.observe.reports import Failure
from framework.observe.text import error_line, short_repr

REMEDY = "look with report.failures[0].debug(), repeat with .rerun()"


@dataclass(frozen=True, slots=True)
class FailureKind:
    """Failures of one kind, in the order they happened; `where` is the line in the user's code."""

    processor: str
    error: str
    where: str
    failures: tuple[Failure, ...]

    @property
    def first(self) -> Failure:
        """The first of them."""
        return self.failures[0]

    def __len__(self) -> int:
        return len(self.failures)


def kinds_of(failures: Iterable[Failure]) -> list[FailureKind]:
    """Return the failures by kind, in the order of the first of each."""
    groups: dict[tuple[str, str, str], list[Failure]] = {}
    known: dict[tuple[str, str], str] = {}
    for failure in failures:
        kind = failure.processor, type(failure.exception).__name__
        # A failure that kept no frames, only their text, counts with the latest that did.
        where = failure.where or known.get(kind, "")
        known[kind] = where
        groups.setdefault((*kind, where), []).append(failure)
    return [FailureKind(*kind, tuple(group)) for kind, group in groups.items()]


def finding_of(kind: FailureKind, noun: str, remedy: str = REMEDY, count: int = 0) -> Finding:
    """Return the finding about a kind of failure; `count` is how many there were, where not all were kept."""
    count = max(count, len(kind))
    return Finding(
        "failure",
        f"{times(count, noun)} of {kind.processor} raised {error_line(kind.first.exception)}",
        kind.where,
        kind.processor,
        count,
        tuple(short_repr(one.event) for one in kind.failures[:3]),
        remedy,
    )
