"""Items that were left when a flow was stopped, was cancelled or failed."""

from __future__ import annotations

from collections.abc import Iterator

from framework.flow.findings.evidence import FlowEvidence
from framework.observe.findings import Finding, times
from framework.observe.text import error_line
from framework.observe.user_code import line_of

ENDED = ("the flow was ", "the flow failed", "the flow has ended")
"""How the reasons begin for which items are dropped at the end of a run."""


def left(evidence: FlowEvidence) -> Iterator[Finding]:
    """Yield a finding if items were left, by job, with what the flow waited for at that moment."""
    report = evidence.report
    jobs = {
        job.name: sum(count for reason, count in job.report.reasons.items() if reason.startswith(ENDED))
        for job in evidence.jobs.values()
        if not (job.scoped or job.is_error)
    }
    total = sum(jobs.values())
    if not total:
        return
    where = ", ".join(f"{count:,} in {name}" for name, count in jobs.items() if count)
    ended = "failed" if report.ended == "failed" else f"was {report.ended}"
    because = "" if report.error is None else f" ({error_line(report.error)})"
    most = evidence.jobs[max(jobs, key=jobs.__getitem__)]
    yield Finding(
        "items left",
        f"{times(total, 'item')} {'was' if total == 1 else 'were'} left when the flow {ended}{because}: {where}",
        (line_of(report.error) if report.error is not None else "") or most.place,
        most.name,
        total,
        tuple(report.waiting.splitlines()[:3]),
        severity="serious" if report.ended == "failed" else "notable",
    )
