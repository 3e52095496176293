"""`RunDiagnosis`: what is odd in a run; the findings are imported when they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from framework.core.driving.phase_loops import PhaseLoop
from framework.core.driving.status import processor_reports, snapshot, unfinished
from framework.core.mailboxes.inbox import Inbox
from framework.core.matching.interests import Interests
from framework.core.scheduling.scheduler import Scheduler
from framework.observe import PhaseReport
from framework.observe.findings import Findings

if TYPE_CHECKING:
    from framework.core.inspection.findings.evidence import Evidence


class RunDiagnosis:
    """Finds what is odd in a run of one pipeline; called by `diagnose()` at any time and by the report of the run."""

    def __init__(self, interests: Mapping[Inbox, Interests], scheduler: Scheduler) -> None:
        self._interests = interests
        self._scheduler = scheduler

    def __call__(self, phases: tuple[PhaseReport, ...], elapsed: float, loop: PhaseLoop | None) -> Findings:
        """Return the findings after these phases, which took so many seconds, and may repeat."""
        from framework.core.inspection.findings.diagnosis import KINDS, diagnosis

        return diagnosis(self._evidence(phases, elapsed, loop), KINDS)

    def lost(self) -> Findings:
        """Return quickly what was lost without an error, to be logged: dead letters and their reasons."""
        from framework.core.inspection.findings.diagnosis import LOST, diagnosis

        return diagnosis(self._evidence((), 0.0, None), LOST)

    def _evidence(self, phases: tuple[PhaseReport, ...], elapsed: float, loop: PhaseLoop | None) -> Evidence:
        from framework.core.inspection.findings.evidence import Evidence

        scheduler = self._scheduler
        return Evidence(
            interests=self._interests,
            history=scheduler.observation.history,
            dead_letters=scheduler.routes.dead_letters.count,
            failures=scheduler.failures.since(0),
            phases=phases,
            snapshot=snapshot("", "running", scheduler),
            unfinished=tuple(unfinished(scheduler.inboxes)),
            elapsed=elapsed,
            loop=loop,
            leaked=dict(scheduler.holds.leaked),
            totals=processor_reports(scheduler),
            undelivered={inbox.name: inbox.left + inbox.work.dropped for inbox in scheduler.inboxes},
        )
