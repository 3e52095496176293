"""Items that were dropped, with the reason: behind a LastWorkItem, with a worker that was cancelled."""

from __future__ import annotations

from collections.abc import Iterator

from framework.flow.findings.evidence import FlowEvidence
from framework.flow.findings.outcomes.left import ENDED
from framework.observe.findings import Finding, times

LAST = "a LastWorkItem has ended the flow"


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
        yield Finding(
            "dropped items",
            f"{times(total, 'item')} {'was' if total == 1 else 'were'} dropped, {where}: {reason}{by}",
            job.place,
            job.name,
            total,
            severity="notable" if reason == LAST else "serious",
            remedy="give a LastWorkItem only when nothing else is wanted" if reason == LAST else "",
        )
