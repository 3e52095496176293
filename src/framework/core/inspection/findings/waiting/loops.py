"""Phases that go on without end: who answers each of them, and the period of what repeats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from framework.core.inspection.findings.evidence import Evidence
from framework.observe.findings import Finding

LONG, LONGEST_PERIOD = 6, 4


def loops(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding if the last phases repeat and each was answered by new work."""
    phases = evidence.phases
    if len(phases) < LONG or phases[-1].settled:
        return
    last = [tuple(sorted(phase.delivered.items())) for phase in phases[-LONG:]]
    period = _period(last)
    if period is None:
        return
    last_phase = phases[-1].phase
    answers = [
        delivery
        for delivery in evidence.deliveries
        if delivery.name == "__PHASE__" and delivery.emitted and delivery.phase > last_phase - period
    ]
    who = " and ".join(dict.fromkeys(answer.processor for answer in answers)) or "a processor"
    values = _alternating(evidence, last_phase, period)
    first = last_phase
    while first > period and phases[first - 1 - period].delivered == phases[first - 1].delivered:
        first -= 1
    yield Finding(
        "endless phases",
        f"{who} answers each __PHASE__ with new work; since phase {first} the same deliveries repeat "
        f"{'in every phase' if period == 1 else f'every {period} phases'}{values}",
        answers[0].case if answers and isinstance(answers[0].case, str) else "",
        answers[0].processor if answers else None,
        len(phases),
        remedy="submit in answer to __PHASE__ only while something has changed",
    )


def _period(rows: Sequence[object]) -> int | None:
    for period in range(1, LONGEST_PERIOD + 1):
        if all(row == rows[place - period] for place, row in enumerate(rows) if place >= period):
            return period
    return None


def _alternating(evidence: Evidence, last: int, period: int) -> str:
    """Name an attribute whose values come again with the period."""
    by_phase: dict[int, dict[tuple[str | None, str], list[object]]] = {}
    for sent in evidence.submissions:
        if sent.sender is not None and sent.phase > last - 2 * max(period, 2):
            for name, value in sent.attributes.items():
                if name != "name":
                    by_phase.setdefault(sent.phase, {}).setdefault((sent.name, name), []).append(value)
    tail = [by_phase.get(phase, {}) for phase in range(last - max(period, 2) + 1, last + 1)]
    for key in tail[-1]:
        values = [part.get(key) for part in tail]
        if len({repr(value) for value in values}) > 1:
            shown = " and ".join(dict.fromkeys(repr(value[0]) for value in values if value))
            return f"; {key[1]!r} of {key[0]!r} alternates between {shown}"
    return ""
