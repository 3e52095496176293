"""Many workers that wait for room in front of a few that cannot follow."""

from __future__ import annotations

from collections.abc import Iterator

from framework.flow.findings.evidence import FlowEvidence
from framework.observe.findings import Finding

LONG, SHARE, RATIO = 1.0, 0.8, 3.0
"""Seconds of a run, the share of their time, and waiting workers for each that works, from which on it is worth a word.

Some waiting is how a bounded queue holds back what is faster; only a job that is far too large for the next is odd.
"""


def room(evidence: FlowEvidence) -> Iterator[Finding]:
    """Yield a finding for each job whose workers wait for the next, which is always at work with far fewer."""
    elapsed = evidence.report.elapsed
    for job in evidence.jobs.values():
        following = evidence.jobs.get(job.following or "")
        if following is None or elapsed < LONG:
            continue
        taken = job.report.worker_seconds - job.report.idle_seconds
        there = following.report.worker_seconds
        works = following.report.busy_seconds >= SHARE * there
        if not works or job.room_seconds < max(SHARE * taken, RATIO * there):
            continue
        yield Finding(
            "waiting for room",
            f"workers of {job.name} waited {job.room_seconds:,.1f} s for room in the queue of {following.named}, "
            f"whose {max(1.0, there / elapsed):,.0f} could not follow: {job.room_seconds / elapsed:,.0f} waited at any "
            "time",
            following.place,
            following.name,
            job.report.counts.ended,
            severity="notable",
            remedy=f"give {following.name} more workers or make it faster, and {job.name} fewer",
        )
