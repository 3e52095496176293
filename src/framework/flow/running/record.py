"""`RunRecord`: what is kept of a run: counts, failures, scalings, its report. Base of `FlowRun`."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from framework.flow.report import Counts, Ended, FlowReport, counts_of, reasons_of
from framework.flow.running.showing import evidence_of
from framework.flow.running.stage_runs import RouterRun
from framework.flow.workers.failures import KeptFailures
from framework.observe import Failure, Observers, WorkersScaled
from framework.observe.findings import Findings

if TYPE_CHECKING:
    from framework.flow.clock import Clock
    from framework.flow.running.job_run import JobRun
    from framework.flow.running.shutdown import Shutdown
    from framework.observe.recording.items.item_history import ItemHistory

logger = logging.getLogger(__name__)


class RunRecord:
    """Keeps what is worth knowing about a run."""

    jobs: Mapping[str, JobRun]

    def __init__(self, name: str, clock: Clock, observers: Observers, history: ItemHistory | None = None) -> None:
        self.name = name
        self.history = history
        self.log = None if history is None else history.log
        self.clock = clock
        self.observers = observers
        self.report: FlowReport | None = None
        self.error: BaseException | None = None
        self._began = clock.now()
        self._ended: Ended = "running"
        self._reason = ""
        self._waiting = ""
        self._kept = KeptFailures()
        self._scalings: list[WorkersScaled] = []
        self._problems: list[str] = []
        self._ending: Shutdown | None = None

    @property
    def is_cut_short(self) -> bool:
        """Whether it was stopped or cancelled or has failed, and its workers end because of that."""
        return self._ended in ("stopped", "cancelled", "failed")

    def keep(self, failure: Failure) -> bool:
        """Keep a failure for the report; return whether it is the first of its kind."""
        return self._kept.add(failure)

    def release_frames(self, failure: Failure) -> None:
        """Let the frames of a failure go that has been handled, unless it is the first of its kind."""
        self._kept.release_frames(failure)

    def note(self, problem: str) -> None:
        """Keep for the report what went wrong beside the items."""
        self._problems.append(problem)

    def scaled(self, happening: WorkersScaled) -> None:
        """Record that a job was scaled."""
        logger.info("%s: %s", happening.job, happening.reason)
        self._scalings.append(happening)
        if self.observers.watched:
            self.observers.notify(happening)

    @property
    def room(self) -> int:
        """How many items all jobs can hold at most."""
        jobs = [job for job in self.jobs.values() if not job.is_error]
        return sum(job.capacity.max_workers + job.capacity.queue_length for job in jobs)

    @property
    def taken(self) -> int:
        """Items accepted from outside so far; what is put into an error job counts there only."""
        return sum(job.input.taken for job in self._counting)

    @property
    def _counting(self) -> list[JobRun]:
        """The jobs whose counts are those of the run: items in an error job or behind a gate are counted elsewhere."""
        return [job for job in self.jobs.values() if not (job.is_error or job.scoped)]

    @property
    def counts(self) -> Counts:
        """How items ended so far."""
        jobs = self._counting
        ends = [job.counter for job in jobs if job.next is None and not isinstance(job, RouterRun)]
        return counts_of(self.taken, [job.counter for job in jobs], ends)

    def report_now(self) -> FlowReport:
        """Return what came of it so far."""
        if self.report is not None:
            return self.report
        report = FlowReport(
            name=self.name,
            counts=self.counts,
            jobs={job.name: job.report() for job in self.jobs.values()},
            failures=self._kept.failures,
            scalings=tuple(self._scalings),
            elapsed=self.clock.now() - self._began,
            ended=self._ended,
            error=self.error,
            cut_off=() if self._ending is None else self._ending.cut_off,
            problems=tuple(self._problems),
            waiting=self._waiting,
            reasons=reasons_of(job.counter for job in self._counting),
        )
        return replace(report, _diagnosis=partial(findings_of, self.jobs, report, self.history))

    def _report_last(self) -> FlowReport:
        """Make the report, which keeps what its findings are drawn from instead of the run, and log what is odd."""
        from framework.flow.findings.diagnosis import diagnosis, tell

        report = self.report_now()
        self.report = replace(report, _diagnosis=partial(diagnosis, evidence_of(self.jobs, report, self.history)))
        tell(self.name, self.report.findings)
        return self.report

    def _write_off(self) -> None:
        counted = self._counting
        lost = self.counts.taken + self.counts.spawned - self.counts.ended
        if lost:
            job = next((job for job in counted if job.all_workers), counted[-1])
            job.counter.dropped += lost
            job.counter.reasons[self._reason] += lost


def findings_of(jobs: Mapping[str, JobRun], report: FlowReport, history: ItemHistory | None) -> Findings:
    """Return what is odd about these jobs now; `report` is that of so far."""
    from framework.flow.findings.diagnosis import diagnosis  # not for runs that are never asked

    return diagnosis(evidence_of(jobs, report, history))
