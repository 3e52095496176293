"""The job that takes nearly all the time of a run that takes long."""

from __future__ import annotations

from collections.abc import Iterator

from framework.flow.findings.evidence import FlowEvidence
from framework.observe.findings import Finding

LONG, MOST = 30.0, 0.9
"""Seconds and share: below, a run has nothing to say about its speed."""


def slow(evidence: FlowEvidence) -> Iterator[Finding]:
    """Yield a finding if the workers of one job did nearly all the work of a long run and had no pause."""
    jobs, elapsed = evidence.jobs.values(), evidence.report.elapsed
    if elapsed < LONG or len(jobs) < 2:  # noqa: PLR2004 - a single job is always the slowest
        return
    most = max(jobs, key=lambda job: job.report.busy_seconds)
    report, total = most.report, sum(job.report.busy_seconds for job in jobs)
    workers = most.node.max_workers
    if report.busy_seconds < MOST * max(total, report.worker_seconds) or report.busy_seconds < MOST * elapsed * workers:
        return
    yield Finding(
        "slow job",
        f"all {workers:,} workers of {most.named} were at work for {elapsed:,.0f} s, {report.busy_seconds / total:.0%} "
        f"of the work of all jobs, {report.busy_seconds / max(1, report.counts.ended):.3f} s an item",
        most.place,
        most.name,
        report.counts.ended,
        severity="notable",
        remedy="give it more workers, batch= or executor=, or make it faster",
    )
