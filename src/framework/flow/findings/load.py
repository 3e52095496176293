"""Jobs with more work than they can do: a queue beyond its bound, many retries, nearly all of the time."""

from __future__ import annotations

from collections.abc import Iterator

from framework.flow.findings.evidence import FlowEvidence
from framework.observe.findings import Finding, times

BEYOND, BOUNDS = 50, 4
"""Items beyond the bound, and how many bounds, from which on it is worth a word: a crawler puts all links of a page."""
RETRIED, RETRIED_SHARE = 10, 0.5
"""Repeated attempts in all, and for each item, from which on they are worth a word."""
LONG_RUN, SLOW_SHARE = 30.0, 0.9
"""Seconds and share: below, a run has nothing to say about its speed."""


def overflow(evidence: FlowEvidence) -> Iterator[Finding]:
    """Yield a finding for each queue that once held many more items than its bound allows."""
    for job in evidence.jobs.values():
        beyond, bound = job.report.overflow, job.node.capacity or 0
        if beyond < max(BEYOND, BOUNDS * bound):
            continue
        yield job.finding(
            "queue beyond its bound",
            f"the queue of {job.named} once held {beyond + bound:,} items, {beyond:,} beyond its bound of {bound:,}: "
            "puts from the flow's own processors never wait",
            beyond,
            severity="notable",
            remedy="put each item once only, give the job more workers, or set the queue_length that it needs",
        )


def retries(evidence: FlowEvidence) -> Iterator[Finding]:
    """Yield a finding for each job that repeated many attempts, with the error of the first."""
    for job in evidence.jobs.values():
        report, waiting = job.report, job.node.retrying
        items = report.counts.ended + waiting
        if report.retried < max(RETRIED, RETRIED_SHARE * items):
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


def slow(evidence: FlowEvidence) -> Iterator[Finding]:
    """Yield a finding if the workers of one job did nearly all the work of a long run and had no pause."""
    jobs, elapsed = evidence.jobs.values(), evidence.report.elapsed
    if elapsed < LONG_RUN or len(jobs) < 2:  # noqa: PLR2004 - a single job is always the slowest
        return
    most = max(jobs, key=lambda job: job.report.busy_seconds)
    report, total = most.report, sum(job.report.busy_seconds for job in jobs)
    workers = most.node.max_workers
    if (
        report.busy_seconds < SLOW_SHARE * max(total, report.worker_seconds)
        or report.busy_seconds < SLOW_SHARE * elapsed * workers
    ):
        return
    yield most.finding(
        "slow job",
        f"{'the worker' if workers == 1 else f'all {workers:,} workers'} of {most.named} "
        f"{'was' if workers == 1 else 'were'} at work for {elapsed:,.0f} s, {report.busy_seconds / total:.0%} "
        f"of the work of all jobs, {report.busy_seconds / max(1, report.counts.ended):.3f} s an item",
        report.counts.ended,
        severity="notable",
        remedy="give it more workers, batch= or executor=, or make it faster",
    )
