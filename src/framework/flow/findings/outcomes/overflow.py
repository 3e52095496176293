"""A queue that grew far beyond its bound, because the flow's own processors put into it."""

from __future__ import annotations

from collections.abc import Iterator

from framework.flow.findings.evidence import FlowEvidence
from framework.observe.findings import Finding

LEAST, TIMES = 50, 4
"""Items beyond the bound, and how many bounds, from which on it is worth a word: a crawler puts all links of a page."""


def overflow(evidence: FlowEvidence) -> Iterator[Finding]:
    """Yield a finding for each queue that once held many more items than its bound allows."""
    for job in evidence.jobs.values():
        beyond, bound = job.report.overflow, job.node.capacity or 0
        if beyond < max(LEAST, TIMES * bound):
            continue
        yield Finding(
            "queue beyond its bound",
            f"the queue of {job.named} once held {beyond + bound:,} items, {beyond:,} beyond its bound of {bound:,}: "
            "puts from the flow's own processors never wait",
            job.place,
            job.name,
            beyond,
            severity="notable",
            remedy="put each item once only, give the job more workers, or set the queue_length that it needs",
        )
