"""What went wrong with workers beside the items: not made, not released, ended from outside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from framework.flow.findings.evidence import FlowEvidence
from framework.observe.findings import Finding


def trouble(evidence: FlowEvidence) -> Iterator[Finding]:
    """Yield a finding for each problem of the report, equal ones folded."""
    for problem, count in Counter(evidence.report.problems).items():
        job = next((job for job in evidence.jobs.values() if f"worker of {job.name} " in problem), None)
        yield Finding(
            "trouble",
            problem if count == 1 else f"{count:,} times: {problem}",
            "" if job is None else job.place,
            None if job is None else job.name,
            count,
        )
