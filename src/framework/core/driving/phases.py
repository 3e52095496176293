"""`PhaseRunner`: drives a scheduler phase by phase until a phase causes no more work, then ends the run."""

from __future__ import annotations

import functools
import logging
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, TypeVar

from framework.core.driving.counts import Count
from framework.core.driving.driver import Driver
from framework.core.driving.limits import Limits
from framework.core.driving.ownership import claimed
from framework.core.driving.status import unfinished, why_waiting
from framework.core.event import INIT, PHASE, POISON, Event
from framework.errors import DeadlineExceeded, PhaseLimitReached, PipelineEnded, PipelineRunning, RunFailed, RunLimit
from framework.observe import (
    DeliveryFailed,
    DeliveryFinished,
    PhaseReport,
    PhaseSettled,
    PhaseStarted,
    RunFinished,
    RunReport,
)
from framework.observe.snapshot import State

if TYPE_CHECKING:
    from framework.core.mailboxes.counter import Tally
    from framework.core.scheduling.delivery import Call
    from framework.core.scheduling.scheduler import Scheduler

logger = logging.getLogger(__name__)

OnError = Literal["raise", "keep"]
Delivery = DeliveryFinished | DeliveryFailed
Result = TypeVar("Result")
Paused = Generator[Delivery, None, Result]


class PhaseRunner:
    """The one road of `step`, `run`, `deliver` and `stop`.

    A phase: drain, announce `__PHASE__`, drain. When the announcement caused no work beyond its own deliveries, the
    phase is settled: `__POISON__` is announced, drained, and the archives are closed.
    """

    def __init__(self, name: str, scheduler: Scheduler, limits: Limits, on_error: OnError, dead_letters: Tally) -> None:
        """Drive `scheduler` for the pipeline of that name."""
        self.name = name
        self.scheduler = scheduler
        self.report: RunReport | None = None
        self.phases: list[PhaseReport] = []
        self._limits = limits
        self._on_error = on_error
        self._dead_letters = dead_letters
        self._started: float | None = None
        self._interrupted = False
        self._hooking = False
        self._singly = False
        self._call: Call | None = None
        self._open: Paused[PhaseReport] | None = None
        self._limit: RunLimit | None = None
        self._cause = ""
        self._waiting = ""  # why it was not finished when it was called off: a halt drops what waits
        # Where the last phase ended: single deliveries made since then belong to the next.
        self._before = Count(scheduler)
        self._driver = threading.Lock()
        self._ending = threading.Lock()  # an impatient second Ctrl-C ends a run that its driver is ending

    @property
    def state(self) -> State:
        """Where the run is."""
        if self.report is not None:
            return "finished"
        if self.scheduler.driver is not None:
            return "running"
        return "not started" if self._started is None else "paused"

    # -- what users call, through the pipeline

    @contextmanager
    def driving(self) -> Iterator[None]:
        """Be the one who drives.

        Raises:
            PipelineEnded: the run is over.
            PipelineRunning: somebody else drives, or another pipeline one of the processors.
        """
        if not self._driver.acquire(blocking=False):
            self._refuse_when_ended()  # who drove a run that was abandoned may not have noticed yet
            raise PipelineRunning(
                f"{self.name} is running: wait for it (pipeline.current_run.wait()) or stop it (pipeline.stop()) first"
            )
        try:
            self._refuse_when_ended()
            with self.scheduler.quiet:
                self.scheduler.driver = threading.get_ident()
            self.scheduler.archives.busy = True
            with claimed(self.name, (inbox.processor for inbox in self.scheduler.inboxes)):
                yield
        finally:
            self.scheduler.archives.busy = False
            with self.scheduler.quiet:
                self.scheduler.driver = None
                self.scheduler.quiet.notify_all()  # submits that wait for room must not wait for nobody
            self._driver.release()
        if self.scheduler.halted and self.report is None:
            self.stop()  # it came after this driver had looked for the last time

    def _refuse_when_ended(self) -> None:
        if self.report is not None:
            raise PipelineEnded(
                f"{self.name} has ended; its results are in pipeline.report. Make a new Pipeline to run again, or "
                "pipeline.renew() to go on from its archives"
            )

    def step(self) -> PhaseReport:
        """Run one phase; the one that settles also ends the run."""
        if self.scheduler.has_threads and threading.current_thread() is threading.main_thread():
            return Driver(self, self._step).result()
        with self.driving():
            return self._interruptible(self._step)

    def run(self) -> RunReport:
        """Run phases to the end."""
        with self.driving():
            return self.drive()

    def drive(self) -> RunReport:
        """Run phases to the end, inside of `driving()`."""
        while self.report is None:
            self._interruptible(self._step)
        return self.report

    def deliver(self, call: Call | None = None) -> DeliveryFinished | DeliveryFailed | None:
        """Make the next single delivery on this thread; None when nothing waits."""
        with self.driving():
            self._prepare()
            made = self.scheduler.deliver_next(call)
            if made is None and (self.scheduler.put_back() or self.scheduler.force_deferred()):
                made = self.scheduler.deliver_next(call)
            return made

    def deliver_in_phases(self, call: Call | None = None) -> Delivery | PhaseReport:
        """Make the next single delivery on this thread, and begin and end phases on the way.

        Returns:
            What came of it; the report of a phase instead of a delivery where none was left in it.
        """
        with self.driving():
            return self._interruptible(functools.partial(self._advance, call))

    def stop(self) -> None:
        """Make no new deliveries and end the run; returns at once when somebody else drives, who then ends it."""
        if self.report is not None:
            return
        self._call_off()
        try:
            with self.driving():
                self._finish()
        except (PipelineRunning, PipelineEnded):
            return

    def _call_off(self) -> None:
        """Make no new deliveries; hooks that have begun still get the grace."""
        self._interrupted = True
        self._waiting = self._waiting or self.why_waiting()
        with self.scheduler.quiet:
            end = self.scheduler.hurry if self._hooking else self.scheduler.halt
            end(self._limits.grace)

    def abandon(self) -> None:
        """Give up at once: running deliveries are left behind and no hooks run."""
        self._interrupted = True
        self.scheduler.halt(0.0)
        self._end("abandoned")

    def outcome(self, report: RunReport) -> RunReport:
        """The report, or the error that stands for it.

        Raises:
            RunLimit: a limit ended the run.
            RunFailed: deliveries failed.
        """
        if self._on_error == "keep":
            return report
        failed = RunFailed(self.name, report.failures, report) if report.failures else None
        if self._limit is not None:
            self._limit.report = report
            raise self._limit from failed
        if failed is not None:
            raise failed
        return report

    def why_waiting(self) -> str:
        """What keeps the run from being finished, a line each; empty when nothing does."""
        return why_waiting(self.scheduler, self._cause)

    # -- one phase

    def _interruptible(self, drive: Callable[[], Result]) -> Result:
        try:
            return drive()
        except KeyboardInterrupt:
            # Ctrl-C while this thread, the main one, waits for the workers or delivers itself.
            try:
                self._call_off()
                self._finish()
            except KeyboardInterrupt:
                self.abandon()
            raise

    def _step(self) -> PhaseReport:
        phase, self._open, self._singly = self._open or self._phase(), None, False
        try:
            while True:
                next(phase)
        except StopIteration as over:
            report: PhaseReport = over.value
            return report

    def _advance(self, call: Call | None) -> Delivery | PhaseReport:
        phase, self._open, self._singly = self._open or self._phase(), None, True
        self._call = call
        try:
            made = next(phase)
        except StopIteration as over:
            report: PhaseReport = over.value
            return report
        self._open = phase
        return made

    def _phase(self) -> Paused[PhaseReport]:
        """One phase; it pauses after every delivery while `_singly` is set."""
        scheduler = self.scheduler
        self._prepare()
        scheduler.phase += 1
        number, started, before = scheduler.phase, time.monotonic(), self._before
        scheduler.observation.notify(PhaseStarted(number, started))
        settled = (yield from self._drain()) and (yield from self._announce_phase(number))
        scheduler.archives.sync()
        settled = settled and self._close_doors()
        self._before = after = Count(scheduler)
        report = PhaseReport(
            phase=number,
            delivered=after.delivered_since(before),
            emitted=after.emitted_since(before),
            failures=scheduler.failures.since(before.failed),
            elapsed=time.monotonic() - started,
            settled=settled,
            waiting=self.why_waiting(),
        )
        self.phases.append(report)
        scheduler.observation.notify(PhaseSettled(report, time.monotonic()))
        if settled or scheduler.halted or self._at_phase_limit(number):
            self._finish()
        return report

    def _prepare(self) -> None:
        if self._started is not None:
            return
        self.scheduler.archives.prepare(self.scheduler.inboxes)
        self._started = time.monotonic()
        init = Event(name=INIT)
        if self.scheduler.routes.control(init):
            self.scheduler.set_aside()
            self.scheduler.announce(init)

    def _drain(self) -> Paused[bool]:
        until = self._until()
        quiet = yield from self._deliver_all(until)
        if quiet and self.scheduler.put_back():
            quiet = yield from self._deliver_all(until)
        if not quiet and not self.scheduler.halted:
            self._waiting = self.why_waiting()
            self._limit = DeadlineExceeded(
                f"{self.name} was not finished after {self._limits.deadline} s:\n{self._waiting}"
            )
            self.scheduler.halt(self._limits.grace)
        return quiet

    def _deliver_all(self, until: float | None) -> Paused[bool]:
        while self._singly and not self.scheduler.halted:
            made = self.scheduler.deliver_next(self._call)
            if made is not None:
                yield made
            elif not self.scheduler.wait_for_held():
                break
        return self.scheduler.drain(until)

    def _until(self) -> float | None:
        if self._limits.deadline is None or self._started is None:
            return None
        return self._started + self._limits.deadline

    def _announce_phase(self, number: int) -> Paused[bool]:
        """Announce the phase; returns whether that caused no work beyond its own deliveries."""
        before = Count(self.scheduler)
        recipients = self.scheduler.announce(Event(name=PHASE, phase=number))
        quiet = yield from self._drain()
        after = Count(self.scheduler)
        more = sum(after.delivered_since(before).values()) - recipients
        busy = after.emitters_since(before)
        self._cause = (
            f"phase {number} caused {more} more deliveries, begun by {', '.join(busy)}" if more and busy else ""
        )
        return quiet and not more

    def _close_doors(self) -> bool:
        """Accept nothing more, unless something was accepted since it became quiet."""
        with self.scheduler.quiet:
            if not self.scheduler.is_empty():
                return False
            self.scheduler.accepting = False
            return True

    def _at_phase_limit(self, number: int) -> bool:
        if self._limits.max_phases is None or number < self._limits.max_phases:
            return False
        self._limit = PhaseLimitReached(
            f"{self.name} was not finished after max_phases={self._limits.max_phases}:\n{self.why_waiting()}"
        )
        return True

    # -- the end

    def _finish(self) -> None:
        scheduler = self.scheduler
        with scheduler.quiet:
            scheduler.accepting = False
            first, self._hooking = not self._hooking, True
            scheduler.quiet.notify_all()
        waiting = self._waiting or self.why_waiting()
        if first and scheduler.halted:
            self._wait_for_running()
            scheduler.resume()
        if self._started is not None:
            if first:  # an interrupt of the hooks comes here again
                scheduler.announce(Event(name=POISON))
            hooks_until = time.monotonic() + self._limits.grace if self._interrupted else self._until_hooks()
            if not scheduler.drain(hooks_until):
                scheduler.halt(self._limits.grace)
                self._wait_for_running()
        self._end(waiting)

    def _until_hooks(self) -> float | None:
        # After a deadline the hooks get the grace as well; before it, they have what is left.
        until = self._until()
        return None if until is None else max(until, time.monotonic() + self._limits.grace)

    def _wait_for_running(self) -> None:
        self.scheduler.drain()
        for name in self.scheduler.give_up_running():
            logger.warning(
                "%s: %s did not return within grace=%g s and was left behind", self.name, name, self._limits.grace
            )

    def _end(self, waiting: str) -> None:
        with self._ending:
            if self.report is None:
                self._end_once(waiting)

    def _end_once(self, waiting: str) -> None:
        scheduler = self.scheduler
        scheduler.close()
        for inbox in scheduler.inboxes:
            scheduler.drop(inbox)
        left = list(unfinished(scheduler.inboxes))
        for thing in left:
            logger.warning("%s: %s", self.name, thing)
        started = self._started if self._started is not None else time.monotonic()
        self.report = RunReport(
            phases=tuple(self.phases),
            delivered={inbox.name: inbox.delivered for inbox in scheduler.inboxes},
            failures=scheduler.failures.since(0),
            dead_letters=self._dead_letters.count,
            dropped=scheduler.dropped,
            orphans=tuple(thing.text for thing in left if thing.kind == "orphan"),
            gaps=tuple(thing.text for thing in left if thing.kind == "gap"),
            elapsed=time.monotonic() - started,
            waiting=waiting,
            interrupted=self._interrupted,
        )
        try:
            scheduler.archives.close()
        finally:
            scheduler.observation.notify(RunFinished(self.report, time.monotonic()))
