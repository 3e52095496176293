"""Failures by kind: the line in the user's code, how many, and the first input."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from framework.core.inspection.findings.evidence import Evidence
from framework.core.inspection.findings.places import handled_at
from framework.errors import WiringError
from framework.observe.findings import Finding
from framework.observe.recording.failure_kinds import REMEDY, finding_of, kinds_of


def failed(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each processor, type of error and line that raised it."""
    remedy = f"{REMEDY}, deliver again with report.failures.retry(...)"
    for kind in kinds_of(evidence.failures):
        finding = finding_of(kind, "delivery", remedy)
        if isinstance(kind.first.exception, WiringError):  # raised at the end of a run, in code of this package
            finding = replace(finding, where=handled_at(evidence.processors.get(kind.processor)))
        yield finding
