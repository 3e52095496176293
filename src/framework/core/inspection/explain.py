"""`explain`: why a processor does or does not receive an event."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from framework.core.event import Event
from framework.core.mailboxes.inbox import Inbox
from framework.core.mailboxes.routing import RoutingTable
from framework.core.matching.cases import MatchCase, cases_of
from framework.core.matching.interests import ANYTHING, Interests, pairs_of
from framework.core.matching.mismatch import nearest
from framework.core.matching.patterns import Receives, Verdict, check_case
from framework.errors import SourceUnavailable
from framework.source import source_of


@dataclass(frozen=True, slots=True)
class ExplanationRow:
    """Whether one processor receives the event, the reason, and its place in the source."""

    processor: str
    receives: Receives
    reason: str
    where: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Which processors receive an event, a row for each; obtained from `pipeline.explain(event)`.

    Its text is a table.
    """

    event: Event
    rows: tuple[ExplanationRow, ...]

    def __iter__(self) -> Iterator[ExplanationRow]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __str__(self) -> str:
        lines = [("processor", "receives", "reason", "where")]
        lines += [(row.processor, row.receives, row.reason, row.where) for row in self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        table = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]
        return "\n".join([repr(self.event), *table])


def explain(event: Event, interests: Mapping[Inbox, Interests], routes: RoutingTable) -> Explanation:
    """Explain an event for every processor; nothing is delivered or counted, and no guard is executed."""
    delivered = set(routes.preview(event))
    rows = (_row(event, inbox, wanted, delivered=inbox in delivered) for inbox, wanted in interests.items())
    return Explanation(event, tuple(rows))


def explain_delivery(event: Event, inbox: Inbox) -> ExplanationRow:
    """Explain why a processor takes a delivered event, or lets it fall through every case."""
    return _row(event, inbox, Interests((), generic=False), delivered=True)


def _row(event: Event, inbox: Inbox, wanted: Interests, *, delivered: bool) -> ExplanationRow:
    processor = inbox.processor
    try:
        cases = cases_of(processor.process, type(processor))
        place = source_of(processor.process).where
    except SourceUnavailable:
        cases, place = (), ""
    verdicts = [check_case(case, event, processor) for case in cases]
    if not delivered:
        reason, where = _why_not_routed(verdicts, wanted)
        return ExplanationRow(inbox.name, "no", reason, where or place)
    if not verdicts:
        reason = f"declared: {wanted}" if wanted.declared else "receives everything (generic)"
        return ExplanationRow(inbox.name, "yes", reason, place)
    return ExplanationRow(inbox.name, *_why_taken(verdicts))


def _why_taken(verdicts: Sequence[Verdict]) -> tuple[Receives, str, str]:
    """Name the case that takes a delivered event; each of several matches on the event may take it."""
    certain = next((verdict for verdict in verdicts if verdict.receives == "yes"), None)
    possible = next((verdict for verdict in verdicts if verdict.receives == "depends"), None)
    if certain is None:
        if possible is not None:
            return "depends", possible.reason, possible.case.where
        reason, where = _nearest(verdicts)
        return "no", f"falls through: {reason}", where
    if possible is not None and verdicts.index(possible) < verdicts.index(certain):
        first = possible.case
        return "yes", f"{certain.reason}, unless {first.condition or first.where} lets it in before", certain.case.where
    return "yes", certain.reason, certain.case.where


def _why_not_routed(verdicts: Sequence[Verdict], wanted: Interests) -> tuple[str, str]:
    fitting = next((verdict for verdict in verdicts if verdict.receives != "no"), None)
    if fitting is None:
        return _nearest(verdicts) if verdicts else (_unwanted(wanted), "")
    if not wanted.declared and ANYTHING in pairs_of(fitting.case):
        return f"not routed: strict inference leaves out the case at {fitting.case.where}", fitting.case.where
    return _unwanted(wanted), fitting.case.where


def _unwanted(wanted: Interests) -> str:
    return f"not routed: wants {wanted}" if wanted else "not routed: no case names an event class (strict inference)"


def _nearest(verdicts: Sequence[Verdict]) -> tuple[str, str]:
    """Return why the event does not fit the case that it is nearest to, and the place of that case."""
    mismatches = [(verdict.mismatch, verdict.case) for verdict in verdicts if verdict.mismatch is not None]
    near = nearest(mismatch for mismatch, _ in mismatches)
    case: MatchCase = next(case for mismatch, case in mismatches if mismatch.passed == near.passed)
    return near.words, case.where
