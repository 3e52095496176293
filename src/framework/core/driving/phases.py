"""`PhaseSequence`: the phases of one run, one after another, and the end of the run.

`PhaseRunner` in `runner.py` calls it; one thread at a time does.
"""

from __future__ import annotations

import functools
import logging
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Protocol, TypeVar

from framework import observe
from framework.core.archives import ArchiveRoom
from framework.core.driving.bounds import RunBounds
from framework.core.driving.phase_loops import LoopDetector, PhaseLoop
from framework.core.driving.status import DeliveryCounts, processor_reports, unfinished, why_waiting
from framework.core.driving.wiring import check_wiring
from framework.core.event import INIT, PHASE, POISON, Event
from framework.core.mailboxes.handler import Unfinished
from framework.core.scheduling import catching
from framework.core.scheduling.delivery import FinishedDelivery, ProcessCaller, deliver_next
from framework.core.scheduling.scheduler import Scheduler
from framework.errors import DeadlineExceeded, PhaseLimitReached, RunLimit
from framework.observe import PhaseReport, RunReport
from framework.observe.findings import Findings

logger = logging.getLogger(__name__)

Result = TypeVar("Result")
Paused = Generator[FinishedDelivery, None, Result]


class Diagnosis(Protocol):
    """Finds what is odd in a run and is not an error."""

    def __call__(self, phases: tuple[PhaseReport, ...], elapsed: float, loop: PhaseLoop | None) -> Findings:
        """Return the findings after these phases, which took so many seconds, and may repeat."""

    def lost(self) -> Findings:
        """Return what was lost without an error, to be logged."""


@dataclass(slots=True)
class EarlyEnd:
    """How a run was ended before it was finished.

    `waiting` is why it was not finished at that moment: a halt drops what waits.
    """

    interrupted: bool = False
    limit: RunLimit | None = None
    waiting: str = ""


class RunTime:
    """The seconds in which a run was driven: what passes between two steps of a reader does not count."""

    def __init__(self) -> None:
        self._state: tuple[float, float | None] = (0.0, None)  # one attribute: other threads read it

    @property
    def seconds(self) -> float:
        """The time until now."""
        before, since = self._state
        return before if since is None else before + time.monotonic() - since

    def resume(self) -> None:
        """Count from now on."""
        self._state = (self.seconds, time.monotonic())

    def pause(self) -> None:
        """Count no further."""
        self._state = (self.seconds, None)


class PhaseSequence:
    """The phases of a run and its end.

    A phase: drain, announce `__PHASE__`, drain. When the announcement caused no work beyond its own deliveries, the
    phase is settled, and more may be submitted. The end: `__POISON__` is announced, drained, and the archives are
    closed.
    """

    def __init__(
        self, name: str, scheduler: Scheduler, archives: ArchiveRoom, bounds: RunBounds, diagnosis: Diagnosis
    ) -> None:
        self.name = name
        self.report: RunReport | None = None
        self.early_end = EarlyEnd()
        self.time = RunTime()
        self._scheduler = scheduler
        self._archives = archives
        self._bounds = bounds
        self._diagnosis = diagnosis
        self._reports: list[PhaseReport] = []
        self._started: float | None = None
        self._settled = False
        # Bounds count from here on: a pipeline that settled may stay open for as long as its user looks at it.
        self._bounded_from, self._phases_before = 0.0, 0
        self._hooks_begun = False
        self._open: Paused[PhaseReport] | None = None
        self._deliver_one: Callable[[], FinishedDelivery | None] | None = None
        """Makes a single delivery; None while phases are not to pause after each."""
        self._loops = LoopDetector(scheduler)
        self._watching: Callable[[], object] | None = None  # ends the look at exceptions that are caught
        # Where the last phase ended: single deliveries made since then belong to the next.
        self._counted, self._timed = DeliveryCounts(scheduler), 0.0
        self._end_lock = threading.Lock()  # contended by a second Ctrl-C that ends a run which its driver is ending

    @property
    def begun(self) -> bool:
        """Whether anything was delivered, or prepared to be."""
        return self._started is not None

    @property
    def settled(self) -> bool:
        """Whether the last phase settled, and nothing was delivered or is waiting since."""
        with self._scheduler.quiet:
            return self._settled and self._scheduler.is_empty()

    def step(self) -> PhaseReport:
        """Run one phase, or the rest of the open one."""
        phase, self._open = self._open or self._phase(), None
        return self._without_pause(phase)

    def run(self) -> RunReport:
        """Run phases until one settles and nothing was accepted since, then end the run."""
        while self.report is None:
            if self._settled and self._scheduler.close_intake_if_empty():
                self.finish()
            else:
                self.step()
        return self.report

    def complete(self) -> RunReport:
        """Run the rest of the open phase and deliver what waits, without another phase; then end the run."""
        if self._open is not None:
            self.step()
        self._prepare()
        self._resume_bounds()
        while self.report is None:
            if not self._without_pause(self._drain()) or self._scheduler.close_intake_if_empty():
                self.finish()
        return self.report

    def _without_pause(self, paused: Paused[Result]) -> Result:
        self._deliver_one = None
        try:
            while True:
                next(paused)
        except StopIteration as over:
            result: Result = over.value
            return result

    def deliver_in_phases(self, call: ProcessCaller | None) -> FinishedDelivery | PhaseReport:
        """Make the next single delivery of the open phase, or end that phase and return its report."""
        phase, self._open = self._open or self._phase(), None
        self._deliver_one = functools.partial(deliver_next, self._scheduler, call)
        try:
            made = next(phase)
        except StopIteration as over:
            report: PhaseReport = over.value
            return report
        self._open = phase
        return made

    def deliver(self, call: ProcessCaller | None) -> FinishedDelivery | None:
        """Make the next single delivery outside of phases; None when nothing waits."""
        self._prepare()
        made = deliver_next(self._scheduler, call)
        if made is None and (self._scheduler.restore_waiting() or self._scheduler.force_deferred()):
            made = deliver_next(self._scheduler, call)
        self._settled = self._settled and made is None
        return made

    def diagnose(self) -> Findings:
        """Return what is odd until now."""
        return self._diagnosis(tuple(self._reports), self.time.seconds, self._loops.loop())

    def why_waiting(self) -> str:
        """Return what keeps the run from being finished, a line each; empty when nothing does."""
        return why_waiting(self._scheduler, self._loops.text())

    def call_off(self) -> None:
        """Make no new deliveries; hooks that have begun get the grace."""
        self.early_end.interrupted = True
        self.early_end.waiting = self.early_end.waiting or self.why_waiting()
        with self._scheduler.quiet:
            stop = self._scheduler.shorten_grace if self._hooks_begun else self._scheduler.halt
            stop(self._bounds.grace)

    def abandon(self) -> None:
        """End at once: running deliveries are left behind and no hooks run."""
        self.early_end.interrupted = True
        self._scheduler.halt(0.0)
        self._end("abandoned", at_once=True)

    # -- one phase

    def _phase(self) -> Paused[PhaseReport]:
        """Run one phase; it pauses after every delivery that `_deliver_one` makes."""
        scheduler = self._scheduler
        self._prepare()
        self._resume_bounds()
        scheduler.phase += 1
        number, before, since = scheduler.phase, self._counted, self._timed
        if scheduler.observation.told:
            scheduler.observation.notify(observe.PhaseStarted(number, time.monotonic()))
        settled = (yield from self._drain()) and (yield from self._announce_phase(number))
        self._archives.sync()
        with scheduler.quiet:
            settled = settled and scheduler.is_empty()
        self._counted = after = DeliveryCounts(scheduler)
        self._timed = self.time.seconds
        built, replayed = after.work_since(before)
        report = PhaseReport(
            phase=number,
            delivered=after.handled_since(before),
            emitted=after.emitted_since(before),
            failures=scheduler.failures.since(before.failed),
            elapsed=self._timed - since,
            settled=settled,
            waiting=self.why_waiting(),
            built=built,
            replayed=replayed,
        )
        self._reports.append(report)
        self._settled = settled
        if scheduler.observation.told:
            scheduler.observation.notify(observe.PhaseSettled(report, time.monotonic()))
        if scheduler.halted or (not settled and self._at_phase_limit(number)):
            self.finish()
        return report

    def _prepare(self) -> None:
        if self._started is not None:
            return
        check_wiring(self._scheduler.inboxes)
        self._archives.prepare(self._scheduler.inboxes)
        self._started = self._bounded_from = time.monotonic()
        if self._scheduler.observation.history is not None:
            self._watching = catching.watch(self)
        self._scheduler.announce_first(Event(name=INIT))

    def _resume_bounds(self) -> None:
        """Count the bounds from now on if the last phase settled."""
        if self._settled:
            self._settled, self._bounded_from, self._phases_before = False, time.monotonic(), self._scheduler.phase

    def _drain(self) -> Paused[bool]:
        until = self._until()
        quiet = yield from self._deliver_all(until)
        if quiet and self._scheduler.restore_waiting():
            quiet = yield from self._deliver_all(until)
        if not quiet and not self._scheduler.halted:
            self.early_end.waiting = self.why_waiting()
            self.early_end.limit = DeadlineExceeded(
                f"{self.name} was not finished after {self._bounds.deadline} s:\n{self.early_end.waiting}"
            )
            self._scheduler.halt(self._bounds.grace)
        return quiet

    def _deliver_all(self, until: float | None) -> Paused[bool]:
        while self._deliver_one is not None and not self._scheduler.halted:
            made = self._deliver_one()
            if made is not None:
                yield made
            elif not self._scheduler.wait_for_held():
                break
        return self._scheduler.drain(until)

    def _until(self) -> float | None:
        if self._bounds.deadline is None or self._started is None:
            return None
        return self._bounded_from + self._bounds.deadline

    def _announce_phase(self, number: int) -> Paused[bool]:
        """Announce the phase; returns whether that caused no work beyond its own deliveries."""
        self._loops.begin(number)
        before = DeliveryCounts(self._scheduler)
        recipients = self._scheduler.announce(Event(name=PHASE, phase=number))
        quiet = yield from self._drain()
        after = DeliveryCounts(self._scheduler)
        more = after.delivered_since(before) - recipients
        self._loops.end(number, more, before, after)
        return quiet and not more

    def _at_phase_limit(self, number: int) -> bool:
        if self._bounds.max_phases is None or number - self._phases_before < self._bounds.max_phases:
            return False
        self.early_end.limit = PhaseLimitReached(
            f"{self.name} was not finished after max_phases={self._bounds.max_phases}:\n{self.why_waiting()}"
        )
        return True

    # -- the end

    def finish(self) -> None:
        """Run the hooks and end the run; after a halt, wait for the running deliveries first."""
        scheduler = self._scheduler
        with scheduler.quiet:
            first, self._hooks_begun = not self._hooks_begun, True
            scheduler.close_intake()
        waiting = self.early_end.waiting or self.why_waiting()
        if first and scheduler.halted:
            self._finish_running()
            scheduler.resume()
        if self._started is not None:
            if first:  # an interrupt of the hooks comes here again
                scheduler.announce(Event(name=POISON))
            if not scheduler.drain(self._until_hooks()):
                scheduler.halt(self._bounds.grace)
                self._finish_running()
        self._end(waiting)

    def _until_hooks(self) -> float | None:
        grace = time.monotonic() + self._bounds.grace
        if self.early_end.interrupted:
            return grace
        # After a deadline the hooks get the grace as well; before it, they have what is left.
        until = self._until()
        return None if until is None else max(until, grace)

    def _finish_running(self) -> None:
        for name in self._scheduler.finish_running():
            logger.warning(
                "%s: %s did not return within grace=%g s and was left behind", self.name, name, self._bounds.grace
            )

    def _end(self, waiting: str, *, at_once: bool = False) -> None:
        with self._end_lock:
            if self.report is None:
                self._end_once(waiting, at_once=at_once)

    def report_until_now(self) -> RunReport | None:
        """Return the report, of a run that has begun and has not ended that of what it did until now."""
        if self.report is not None or not self.begun:
            return self.report
        return self._report(list(unfinished(self._scheduler.inboxes)), self.why_waiting(), paused=True)

    def _report(self, left: list[Unfinished], waiting: str, *, paused: bool = False) -> RunReport:
        scheduler, phases = self._scheduler, tuple(self._reports)
        elapsed = self.time.seconds
        return RunReport(
            phases=phases,
            delivered={inbox.name: inbox.handled for inbox in scheduler.inboxes},
            failures=scheduler.failures.since(0),
            dead_letters=scheduler.routes.dead_letters.count,
            dropped=scheduler.dropped,
            orphans=tuple(thing.text for thing in left if thing.kind == "orphan"),
            gaps=tuple(thing.text for thing in left if thing.kind == "gap"),
            elapsed=elapsed,
            waiting=waiting,
            interrupted=self.early_end.interrupted or scheduler.broken is not None,
            _diagnosis=functools.cache(lambda: self._diagnosis(phases, elapsed, self._loops.loop())),
            processors=processor_reports(scheduler),
            paused=paused,
            history=scheduler.observation.history,
        )

    def _end_once(self, waiting: str, *, at_once: bool) -> None:
        scheduler = self._scheduler
        if self._watching is not None:
            self._watching()
        scheduler.close(at_once=at_once)
        scheduler.drop_waiting()
        left = list(unfinished(scheduler.inboxes))
        for thing in left:
            logger.warning("%s: %s", self.name, thing)
        self.report = self._report(left, waiting)
        if self.report.dead_letters:
            for finding in self._diagnosis.lost():
                logger.warning("%s: %s", self.name, finding)
        try:
            self._archives.close()
        finally:
            if scheduler.observation.told:
                scheduler.observation.notify(observe.RunFinished(self.report, time.monotonic()))
