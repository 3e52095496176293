"""Workers, sources and resources that went on although they were cancelled, and were cut off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from framework.flow.findings.evidence import FlowEvidence
from framework.observe.findings import Finding, times


def cut_off(evidence: FlowEvidence) -> Iterator[Finding]:
    """Yield a finding for each job, source or resource that swallowed its cancellation."""
    prefix = f"{evidence.report.name}/"
    for task, count in Counter(evidence.report.cut_off).items():
        name = task.removeprefix(prefix)
        job = evidence.jobs.get(name)
        what = f"{times(count, 'worker')} of {job.named}" if job is not None else f"the {name} of the flow"
        yield Finding(
            "swallowed cancellation",
            f"{what} went on although cancelled, and {'were' if count > 1 else 'was'} cut off after the grace",
            "" if job is None else job.place,
            None if job is None else job.name,
            count,
            remedy="let CancelledError pass, or give it more time: flow.stop(grace=...), Flow(grace=...)",
        )
