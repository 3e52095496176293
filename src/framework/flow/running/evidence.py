"""`evidence_of`: what the findings of a run are drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from framework.flow.findings.evidence import FlowEvidence, JobEvidence
from framework.flow.workers.worker_task import WorkerState

if TYPE_CHECKING:
    from framework.flow.report import FlowReport
    from framework.flow.running.job_run import JobRun


def evidence_of(jobs: Mapping[str, JobRun], report: FlowReport) -> FlowEvidence:
    """Return the evidence about these jobs, whose report that is."""
    return FlowEvidence(report, {job.name: _of_job(job) for job in jobs.values()})


def _of_job(job: JobRun) -> JobEvidence:
    now = job.clock.now()
    locked = [now - worker.since for worker in tuple(job.staff) if worker.state == WorkerState.LOCKED]
    declared = job.declared
    return JobEvidence(
        report=job.report(),
        node=job.snapshot(),
        where=declared.where,
        added=declared.added,
        following=None if job.next is None else job.next.name,
        errors=None if job.errors is None else job.errors.name,
        limits=job.limits.shown(),
        arms=tuple(map(str, declared.arms)),
        scoped=job.scoped,
        paused=job.input.paused,
        answered_last=job.tally.last > 0,
        retry_cause=job.tally.retry_cause,
        locked_for=min(locked, default=None),
    )
