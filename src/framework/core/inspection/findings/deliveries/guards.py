"""Guards that were never true, so that events fell through although their pattern fits."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from framework.core.inspection.findings.evidence import Evidence
from framework.core.mailboxes.handler import Handler
from framework.core.matching.cases import MatchCase, cases_of
from framework.core.matching.guards import ask_guard
from framework.core.matching.patterns import check_case
from framework.errors import SourceUnavailable
from framework.observe.findings import Finding, times
from framework.observe.recording.forgotten import Taken
from framework.observe.recording.history import Delivery

FEWEST, SAMPLED = 5, 50
_HARMLESS = (
    *(ast.Name, ast.Attribute, ast.Constant, ast.Compare, ast.BoolOp, ast.UnaryOp, ast.BinOp, ast.Tuple, ast.List),
    *(ast.Set, ast.Load, ast.boolop, ast.cmpop, ast.unaryop, ast.operator, ast.expr_context),
)


def guards(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each `case` whose guard kept out every event that fits its pattern, and no other took them.

    Guards that only compare values are evaluated on the events that were kept; of others the deliveries tell, which
    emitted nothing although the `case` submits.
    """
    names = dict.fromkeys(
        name for name, found in evidence.by_processor.items() if any(one.case is None for one in found)
    )
    for name in names:
        processor = evidence.processors[name]
        try:
            guarded = [case for case in cases_of(processor.process, type(processor)) if case.guard is not None]
        except SourceUnavailable:
            continue
        if not guarded:
            continue
        for (cls, event), deliveries in evidence.by_kind(name):
            open_ones = [one for one in deliveries if one.case is None and one.error is None]
            if len(open_ones) < FEWEST or len(open_ones) < len(deliveries) or any(one.emitted for one in open_ones):
                continue
            if evidence.forgotten.full or evidence.forgotten.taken[Taken(name, None, emitted=True)]:
                continue  # a guard was true on an event of which the row was dropped
            case, words = _never_true(guarded, open_ones, processor)
            if case is None:
                continue
            yield Finding(
                "guard that is never true",
                f"{name} let {times(len(open_ones), 'event')} {cls.__name__} {event!r} through: {words}",
                case.where,
                name,
                len(open_ones),
                tuple(repr(one.submission) for one in open_ones[:3]),
                "correct the guard, or add a case without it that says what to do with such events",
            )


def _never_true(
    cases: Sequence[MatchCase], deliveries: Sequence[Delivery], processor: Handler
) -> tuple[MatchCase | None, str]:
    events = [one.event for one in deliveries[:SAMPLED]]
    for case in cases:
        fitting = [one for one in events if one is not None and check_case(case, one, processor).receives == "depends"]
        if len(fitting) < FEWEST:
            continue
        assert case.guard is not None  # noqa: S101 - those were chosen
        if not all(isinstance(node, _HARMLESS) for node in ast.walk(case.guard)):
            return None, ""
        answers = [ask_guard(case, event, processor) for event in fitting]
        if any(answer.holds is not False for answer in answers):
            return None, ""
        return case, f"{answers[0].words}, and so for all"
    return None, ""
