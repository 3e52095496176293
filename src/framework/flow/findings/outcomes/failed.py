"""Failed items by kind: the line in the user's code, how many, and the first of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from framework.flow.findings.evidence import FlowEvidence
from framework.flow.signals import RouteToErrorQueue
from framework.observe.findings import Finding
from framework.observe.recording.failure_kinds import finding_of, kinds_of


def failed(evidence: FlowEvidence) -> Iterator[Finding]:
    """Yield a finding for each job, type of error and line that raised it; notable where an error job took them."""
    kinds = [kind for kind in kinds_of(evidence.report.failures) if kind.error != RouteToErrorQueue.__name__]
    of_job = Counter(kind.processor for kind in kinds)
    for kind in kinds:
        job = evidence.jobs.get(kind.processor)
        # The report keeps the first of very many failures; with one kind of them, the count of the job is theirs.
        total = job.report.counts.failed if job is not None and of_job[kind.processor] == 1 else 0
        finding = finding_of(kind, "item", count=total)
        errors = None if job is None else evidence.jobs.get(job.errors or "")
        if errors is None:
            yield finding
        elif lost := errors.report.counts.dropped:
            yield replace(finding, text=f"{finding.text}; {errors.name} dropped {lost:,} of the items that it got")
        else:
            yield replace(finding, text=f"{finding.text}; {errors.name} took over", severity="notable")
