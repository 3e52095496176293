"""Failures by kind: the line in the user's code, how many, and the first input."""

from __future__ import annotations

from collections.abc import Iterator

from framework.core.inspection.findings.evidence import Evidence
from framework.observe.failure_kinds import REMEDY, finding_of, kinds_of
from framework.observe.findings import Finding


def failed(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each processor, type of error and line that raised it."""
    remedy = f"{REMEDY}, deliver again with report.failures.retry(...)"
    return (finding_of(kind, "delivery", remedy) for kind in kinds_of(evidence.failures))
