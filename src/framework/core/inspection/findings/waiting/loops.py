"""Phases that go on without end: who answers each of them, and the period of what repeats."""

from __future__ import annotations

from collections.abc import Iterator

from framework.core.event import PHASE
from framework.core.inspection.findings.evidence import Evidence
from framework.core.inspection.findings.places import case_of_name, handled_at
from framework.observe.findings import Finding

LONG = 6


def loops(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding if the last phases repeat and each was answered by new work."""
    phases, loop = evidence.phases, evidence.loop
    if loop is None or len(phases) < LONG or phases[-1].settled:
        return
    processor = evidence.processors[loop.names[0]]
    yield Finding(
        "endless phases",
        f"{' and '.join(loop.names)} answers each __PHASE__ with new work; {loop}",
        case_of_name(processor, PHASE) or handled_at(processor),
        loop.names[0],
        len(phases),
        remedy="submit in answer to __PHASE__ only while something has changed",
    )
