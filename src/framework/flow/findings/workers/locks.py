"""Workers that wait for the lock of their job instead of working."""

from __future__ import annotations

from collections.abc import Iterator

from framework.flow.findings.evidence import FlowEvidence
from framework.observe.findings import Finding, times

LEAST, RATIO = 0.25, 2.0
"""Seconds of waiting, and of waiting for each second of work, from which on it is worth a word."""
STUCK = 1.0
"""Seconds after which a lock that no worker of the job holds is not about to be free."""


def locks(evidence: FlowEvidence) -> Iterator[Finding]:
    """Yield a finding for each job most of whose workers wait for its lock, or all of them for one held elsewhere."""
    for job in evidence.jobs.values():
        report, node = job.report, job.node
        if node.locked and not node.running and (job.locked_for or 0.0) >= STUCK:
            yield Finding(
                "lock held elsewhere",
                f"{times(node.locked, 'worker')} of {job.named} {'wait' if node.locked > 1 else 'waits'} for its lock, "
                f"which none of its workers has held for {job.locked_for:,.1f} s",
                job.place,
                job.name,
                node.locked,
                remedy="look who took the lock and does not give it back; two locks are taken in one order everywhere",
            )
        elif report.locked_seconds >= LEAST and report.locked_seconds > RATIO * report.busy_seconds:
            waiting = report.locked_seconds / max(report.busy_seconds, 1e-9)
            yield Finding(
                "waiting for a lock",
                f"workers of {job.named} waited {report.locked_seconds:,.1f} s for its lock and worked "
                f"{report.busy_seconds:,.1f} s: {waiting:,.0f} waited while one worked",
                job.place,
                job.name,
                report.counts.ended,
                severity="notable",
                remedy="hold the lock only around what needs it, use a pool or asyncio.Semaphore(n), "
                "or give the job as many workers as the lock lets work: FixedCapacity(1)",
            )
