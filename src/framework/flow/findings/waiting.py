"""Workers that wait instead of working: paused, for a lock, for a rate, for room downstream."""

from __future__ import annotations

from collections.abc import Iterator

from framework.flow.findings.evidence import FlowEvidence
from framework.observe.findings import Finding, times

LONG_RUN = 1.0
"""Seconds of a run from which on waiting for a rate or for room is worth a word."""
LOCKED, LOCKED_RATIO = 0.25, 2.0
"""Seconds of waiting for a lock, and of that for each second of work, from which on it is worth a word."""
LOCKED_ELSEWHERE = 1.0
"""Seconds after which a lock that no worker of the job holds is not about to be free."""
RATE_WORKERS, RATE_SHARE = 2.0, 0.8
"""Workers that wait for a rate on average, and the share of their time, from which on it is worth a word."""
ROOM_SHARE, ROOM_RATIO = 0.8, 3.0
"""Share of their time, and waiting workers for each that works, from which on waiting for room is worth a word.

Some waiting is how a bounded queue holds back what is faster; only a job that is far too large for the next is odd.
"""


def paused(evidence: FlowEvidence) -> Iterator[Finding]:
    """Yield a finding for each job that is paused and has items queued."""
    for job in evidence.jobs.values():
        if job.paused and job.node.waiting:
            yield job.finding(
                "paused",
                f"{job.name} is paused with {times(job.node.waiting, 'item')} waiting for it",
                job.node.waiting,
                severity="notable",
                remedy=f"call flow.resume({job.name!r})",
            )


def locks(evidence: FlowEvidence) -> Iterator[Finding]:
    """Yield a finding for each job most of whose workers wait for its lock, or all of them for one held elsewhere."""
    for job in evidence.jobs.values():
        report, node = job.report, job.node
        if node.locked and not node.running and (job.locked_for or 0.0) >= LOCKED_ELSEWHERE:
            yield job.finding(
                "lock held elsewhere",
                f"{times(node.locked, 'worker')} of {job.named} {'wait' if node.locked > 1 else 'waits'} for its lock, "
                f"which none of its workers has held for {job.locked_for:,.1f} s",
                node.locked,
                remedy="look who took the lock and does not give it back; two locks are taken in one order everywhere",
            )
        elif report.locked_seconds >= LOCKED and report.locked_seconds > LOCKED_RATIO * report.busy_seconds:
            waiting = report.locked_seconds / max(report.busy_seconds, 1e-9)
            yield job.finding(
                "waiting for a lock",
                f"workers of {job.named} waited {report.locked_seconds:,.1f} s for its lock and worked "
                f"{report.busy_seconds:,.1f} s: {waiting:,.0f} waited while one worked",
                report.counts.ended,
                severity="notable",
                remedy="hold the lock only around what needs it, use a pool or asyncio.Semaphore(n), "
                "or give the job as many workers as the lock lets work: FixedCapacity(1)",
            )


def rates(evidence: FlowEvidence) -> Iterator[Finding]:
    """Yield a finding for each job that keeps several workers waiting for its rate nearly all the time."""
    elapsed = evidence.report.elapsed
    for job in evidence.jobs.values():
        report = job.report
        taken = report.worker_seconds - report.idle_seconds
        if elapsed < LONG_RUN or report.rate_seconds < max(RATE_WORKERS * elapsed, RATE_SHARE * taken):
            continue
        rate = (job.limits or {}).get("rate")
        yield job.finding(
            "waiting for a rate",
            f"workers of {job.named} waited {report.rate_seconds:,.1f} s for its rate of {rate:g} per second and "
            f"worked {report.busy_seconds:,.1f} s: {report.rate_seconds / elapsed:,.0f} of them at any time",
            report.counts.ended,
            severity="notable",
            remedy="raise rate= if the other side allows more; else fewer workers do the same",
        )


def room(evidence: FlowEvidence) -> Iterator[Finding]:
    """Yield a finding for each job whose workers wait for the next, which is always at work with far fewer."""
    elapsed = evidence.report.elapsed
    for job in evidence.jobs.values():
        following = evidence.jobs.get(job.following or "")
        if following is None or elapsed < LONG_RUN:
            continue
        taken = job.report.worker_seconds - job.report.idle_seconds
        there = following.report.worker_seconds
        works = following.report.busy_seconds >= ROOM_SHARE * there
        if not works or job.room_seconds < max(ROOM_SHARE * taken, ROOM_RATIO * there):
            continue
        yield following.finding(
            "waiting for room",
            f"workers of {job.name} waited {job.room_seconds:,.1f} s for room in the queue of {following.named}, "
            f"whose {max(1.0, there / elapsed):,.0f} could not follow: {job.room_seconds / elapsed:,.0f} waited at any "
            "time",
            job.report.counts.ended,
            severity="notable",
            remedy=f"give {following.name} more workers or make it faster, and {job.name} fewer",
        )
