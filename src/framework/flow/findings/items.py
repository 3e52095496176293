"""Items that did not get through a flow: dropped, left at its end, or None."""

from __future__ import annotations

from collections.abc import Iterator

from framework.flow.findings.evidence import FlowEvidence
from framework.observe.findings import Finding, times
from framework.observe.text import error_line
from framework.observe.user_code import line_of

LAST = "a LastWorkItem has ended the flow"
ENDED = ("the flow was ", "the flow failed", "the flow has ended")
"""How the reasons begin for which items are dropped at the end of a run."""


def dropped(evidence: FlowEvidence) -> Iterator[Finding]:
    """Yield a finding for each reason for which items were dropped, apart from the end of the run and from routers."""
    counts: dict[str, dict[str, int]] = {}
    for job in evidence.jobs.values():
        for reason, count in job.report.reasons.items():
            if not (job.scoped or job.is_error or reason.startswith(("no arm of ", *ENDED))):
                counts.setdefault(reason, {})[job.name] = count
    for reason, jobs in counts.items():
        total = sum(jobs.values())
        said = [job for job in evidence.jobs.values() if reason == LAST and job.answered_last]
        by = f", which {said[0].named} gave" if said else ""
        job = said[0] if said else evidence.jobs[max(jobs, key=jobs.__getitem__)]
        where = ", ".join(f"{count:,} in {name}" for name, count in jobs.items())
        yield job.finding(
            "dropped items",
            f"{times(total, 'item')} {'was' if total == 1 else 'were'} dropped, {where}: {reason}{by}",
            total,
            severity="notable" if reason == LAST else "serious",
            remedy="give a LastWorkItem only when nothing else is wanted" if reason == LAST else "",
        )


def left(evidence: FlowEvidence) -> Iterator[Finding]:
    """Yield a finding if items were left, by job, with what the flow waited for at that moment."""
    report = evidence.report
    jobs = {
        job.name: sum(count for reason, count in job.report.reasons.items() if reason.startswith(ENDED))
        for job in evidence.jobs.values()
        if not (job.scoped or job.is_error)
    }
    total = sum(jobs.values())
    if not total:
        return
    where = ", ".join(f"{count:,} in {name}" for name, count in jobs.items() if count)
    ended = "failed" if report.ended == "failed" else f"was {report.ended}"
    because = "" if report.error is None else f" ({error_line(report.error)})"
    most = evidence.jobs[max(jobs, key=jobs.__getitem__)]
    yield Finding(
        "items left",
        f"{times(total, 'item')} {'was' if total == 1 else 'were'} left when the flow {ended}{because}: {where}",
        (line_of(report.error) if report.error is not None else "") or most.place,
        most.name,
        total,
        tuple(report.waiting.splitlines()[:3]),
        severity="serious" if report.ended == "failed" else "notable",
    )


def empty(evidence: FlowEvidence) -> Iterator[Finding]:
    """Yield a finding for each job that got None from the job before it; known with a history."""
    for following in evidence.jobs.values():
        givers = [job for job in evidence.jobs.values() if job.following == following.name and not job.arms]
        if not following.empty or len(givers) != 1:
            continue
        [job] = givers
        yield job.finding(
            "empty result",
            f"{job.named} returned None for {times(following.empty, 'item')} of {job.report.counts.ended:,}, and "
            f"{following.name} got that",
            following.empty,
            remedy="return the value, or raise StopProcessing where there is none",
        )
