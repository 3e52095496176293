"""Workers that wait for the rate of their job instead of working."""

from __future__ import annotations

from collections.abc import Iterator

from framework.flow.findings.evidence import FlowEvidence
from framework.observe.findings import Finding

LONG, WORKERS, SHARE = 1.0, 2.0, 0.8
"""Seconds of a run, workers that wait on average, and the share of their time, from which on it is worth a word."""


def rates(evidence: FlowEvidence) -> Iterator[Finding]:
    """Yield a finding for each job that keeps several workers waiting for its rate nearly all the time."""
    elapsed = evidence.report.elapsed
    for job in evidence.jobs.values():
        report = job.report
        taken = report.worker_seconds - report.idle_seconds
        if elapsed < LONG or report.rate_seconds < max(WORKERS * elapsed, SHARE * taken):
            continue
        rate = (job.limits or {}).get("rate")
        yield Finding(
            "waiting for a rate",
            f"workers of {job.named} waited {report.rate_seconds:,.1f} s for its rate of {rate:g} per second and "
            f"worked {report.busy_seconds:,.1f} s: {report.rate_seconds / elapsed:,.0f} of them at any time",
            job.place,
            job.name,
            report.counts.ended,
            severity="notable",
            remedy="raise rate= if the other side allows more; else fewer workers do the same",
        )
