"""Jobs that hand None to the next job, as a processor does that forgets to return."""

from __future__ import annotations

from collections.abc import Iterator

from framework.flow.findings.evidence import FlowEvidence
from framework.observe.findings import Finding, times


def empty(evidence: FlowEvidence) -> Iterator[Finding]:
    """Yield a finding for each job that got None from the job before it; known with a history."""
    for following in evidence.jobs.values():
        givers = [job for job in evidence.jobs.values() if job.following == following.name and not job.arms]
        if not following.empty or len(givers) != 1:
            continue
        [job] = givers
        yield Finding(
            "empty result",
            f"{job.named} returned None for {times(following.empty, 'item')} of {job.report.counts.ended:,}, and "
            f"{following.name} got that",
            job.place,
            job.name,
            following.empty,
            remedy="return the value, or raise StopProcessing where there is none",
        )
