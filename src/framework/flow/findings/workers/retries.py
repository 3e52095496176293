"""Items that wait for another attempt again and again."""

from __future__ import annotations

from collections.abc import Iterator

from framework.flow.findings.evidence import FlowEvidence
from framework.observe.findings import Finding, times

LEAST, SHARE = 10, 0.5
"""Repeated attempts in all, and for each item, from which on they are worth a word."""


def retries(evidence: FlowEvidence) -> Iterator[Finding]:
    """Yield a finding for each job that repeated many attempts, with the error of the first."""
    for job in evidence.jobs.values():
        report, waiting = job.report, job.node.retrying
        items = report.counts.ended + waiting
        if report.retried < max(LEAST, SHARE * items):
            continue
        error, where = job.retry_cause or ("", "")
        now = f", {waiting:,} of them now" if waiting else ""
        yield Finding(
            "many retries",
            f"{job.named} repeated {times(report.retried, 'attempt')} at {times(items, 'item')}{now}, which were to "
            f"wait {report.retry_seconds:,.1f} s in all; the first because of {error}",
            where or job.place,
            job.name,
            report.retried,
            severity="notable",
            remedy="the other side takes less than it is sent: set rate=, or give the job fewer workers",
        )
