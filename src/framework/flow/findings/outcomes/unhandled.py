"""Items that were routed to the error job of a flow that has none."""

from __future__ import annotations

from collections.abc import Iterator

from framework.flow.findings.evidence import FlowEvidence
from framework.flow.signals import RouteToErrorQueue
from framework.observe.findings import Finding, times
from framework.observe.recording.failure_kinds import kinds_of
from framework.observe.text import message_of, short_repr


def unhandled(evidence: FlowEvidence) -> Iterator[Finding]:
    """Yield a finding for each line that raised RouteToErrorQueue where no error job takes the item."""
    for kind in kinds_of(evidence.report.failures):
        job = evidence.jobs.get(kind.processor)
        if kind.error != RouteToErrorQueue.__name__ or (job is not None and job.errors is not None):
            continue
        reason = message_of(kind.first.exception)
        yield Finding(
            "no error job",
            f"{kind.processor} routed {times(len(kind), 'item')} to the error job{f' ({reason})' if reason else ''}, "
            "and there is none: no job took them",
            kind.where,
            kind.processor,
            len(kind),
            tuple(short_repr(one.event) for one in kind.failures[:3]),
            "call flow.error(handler), or raise StopProcessing to skip them",
        )
