"""Jobs that are paused while items wait for them."""

from __future__ import annotations

from collections.abc import Iterator

from framework.flow.findings.evidence import FlowEvidence
from framework.observe.findings import Finding, times


def paused(evidence: FlowEvidence) -> Iterator[Finding]:
    """Yield a finding for each job that is paused and has items queued."""
    for job in evidence.jobs.values():
        if job.paused and job.node.waiting:
            yield Finding(
                "paused",
                f"{job.name} is paused, and {times(job.node.waiting, 'item')} wait for it",
                job.place,
                job.name,
                job.node.waiting,
                severity="notable",
                remedy=f"call flow.resume({job.name!r})",
            )
