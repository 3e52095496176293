"""What failed in a flow: items by kind, and workers, sources and resources besides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from framework.flow.findings.evidence import FlowEvidence
from framework.flow.signals import RouteToErrorQueue
from framework.observe.findings import Finding, times
from framework.observe.recording.failure_kinds import finding_of, kinds_of
from framework.observe.text import message_of, short_repr


def failed(evidence: FlowEvidence) -> Iterator[Finding]:
    """Yield a finding for each job, type of error and line that raised it; notable where an error job took them."""
    kinds = [kind for kind in kinds_of(evidence.report.failures) if kind.error != RouteToErrorQueue.__name__]
    of_job = Counter(kind.processor for kind in kinds)
    for kind in kinds:
        job = evidence.jobs.get(kind.processor)
        # The report keeps the first of very many failures; with one kind of them, the count of the job is theirs.
        total = job.report.counts.failed if job is not None and of_job[kind.processor] == 1 else 0
        finding = finding_of(kind, "item", count=total)
        errors = None if job is None else evidence.jobs.get(job.errors or "")
        if errors is None:
            yield finding
        elif lost := errors.report.counts.dropped:
            yield replace(finding, text=f"{finding.text}; {errors.name} dropped {lost:,} of the items that it got")
        else:
            yield replace(finding, text=f"{finding.text}; {errors.name} took over", severity="notable")


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


def trouble(evidence: FlowEvidence) -> Iterator[Finding]:
    """Yield a finding for each problem of the report, equal ones folded."""
    for problem, count in Counter(evidence.report.problems).items():
        job = next((job for job in evidence.jobs.values() if f"worker of {job.name} " in problem), None)
        yield Finding(
            "trouble",
            problem if count == 1 else f"{count:,} times: {problem}",
            "" if job is None else job.place,
            None if job is None else job.name,
            count,
        )


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
