"""`PhaseRunner`: lets one thread at a time drive the phases of a run, stops it, and handles Ctrl-C."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Literal, TypeVar

from framework.core.archives import ArchiveRoom
from framework.core.driving.phases import PhaseSequence
from framework.core.mailboxes.handler import Handler
from framework.core.scheduling.delivery import FinishedDelivery, ProcessCaller
from framework.core.scheduling.scheduler import Scheduler
from framework.errors import PipelineEnded, PipelineRunning, RunFailed
from framework.observe import PhaseReport, RunReport

if TYPE_CHECKING:
    from framework.observe.snapshot import RunState

OnError = Literal["raise", "keep"]
Result = TypeVar("Result")


class PhaseRunner:
    """Serves `step`, `run`, `deliver` and `stop` of a pipeline; each is refused while another thread drives."""

    def __init__(self, phases: PhaseSequence, scheduler: Scheduler, archives: ArchiveRoom, on_error: OnError) -> None:
        """Drive these phases; scheduler and archives are told when, `on_error` is for `outcome`."""
        self.name = phases.name
        self.phases = phases
        self._scheduler = scheduler
        self._archives = archives
        self.has_threads = scheduler.has_threads
        self._on_error = on_error
        self._exclusive = threading.Lock()

    @property
    def report(self) -> RunReport | None:
        """The report of the run, None before its end."""
        return self.phases.report

    @property
    def report_until_now(self) -> RunReport | None:
        """The report, of a paused run until now; None before the first step, and while it runs."""
        return self.phases.report_until_now() if self.state == "paused" else self.report

    @property
    def is_over(self) -> bool:
        """Whether the run has ended or is settled."""
        return self.report is not None or self.phases.settled

    @property
    def state(self) -> RunState:
        """Where the run is."""
        if self.report is not None:
            return "finished"
        if self._scheduler.driver is not None:
            return "running"
        return "paused" if self.phases.begun else "not started"

    @property
    def is_driver(self) -> bool:
        """Whether this thread drives."""
        return self._scheduler.driver == threading.get_ident()

    @contextmanager
    def driving(self) -> Iterator[None]:
        """Be the one thread that drives.

        Raises PipelineEnded or PipelineRunning, and at its end RuntimeError when the runtime itself was at fault.
        """
        if not self._exclusive.acquire(blocking=False):
            self._refuse_when_ended()  # the driver of a run that was abandoned may not have noticed yet
            raise PipelineRunning(
                f"{self.name} is running: wait for it (pipeline.current_run.wait()) or stop it (pipeline.stop()) first"
            )
        try:
            self._refuse_when_ended()
            self._scheduler.begin_driving()
            self._archives.busy = True
            self.phases.time.resume()
            with exclusive_use(self.name, (inbox.processor for inbox in self._scheduler.inboxes)):
                yield
        finally:
            self.phases.time.pause()
            self._archives.busy = False
            self._scheduler.end_driving()
            self._exclusive.release()
        if self._scheduler.halted and self.report is None:
            self.stop()  # it came after this driver had looked for the last time
        if self._scheduler.broken is not None:
            raise RuntimeError(
                f"{self.name} was ended by an error of the framework itself, not of a processor; what ran until then "
                "is in pipeline.report"
            ) from self._scheduler.broken

    def _refuse_when_ended(self) -> None:
        if self.report is not None:
            raise PipelineEnded(
                f"{self.name} has ended; its results are in pipeline.report. Make a new Pipeline to run again, or "
                "pipeline.renew() to go on from its archives"
            )

    def step(self) -> PhaseReport:
        """Run one phase on this thread."""
        with self.driving():
            return self._interruptible(self.phases.step)

    def run(self) -> RunReport:
        """Run phases to the end on this thread."""
        with self.driving():
            return self.drive()

    def drive(self) -> RunReport:
        """Run phases to the end, inside of `driving()`."""
        return self._interruptible(self.phases.run)

    def finish(self) -> RunReport:
        """Deliver what waits and end the run, on this thread."""
        with self.driving():
            return self._interruptible(self.phases.complete)

    def close(self) -> None:
        """End a run that is settled as `finish` does, any other as `stop` does."""
        if self.phases.settled and self._scheduler.driver is None:
            with suppress(PipelineRunning, PipelineEnded):
                self.finish()
        self.stop()

    def deliver(self, call: ProcessCaller | None = None) -> FinishedDelivery | None:
        """Make the next single delivery on this thread; None when nothing waits."""
        with self.driving():
            return self.phases.deliver(call)

    def deliver_in_phases(self, call: ProcessCaller | None = None) -> FinishedDelivery | PhaseReport:
        """Make the next single delivery on this thread, and begin and end phases on the way."""
        with self.driving():
            return self._interruptible(functools.partial(self.phases.deliver_in_phases, call))

    def stop(self) -> None:
        """Make no new deliveries and end the run; returns at once when another thread drives, which then ends it."""
        if self.report is not None:
            return
        self.phases.call_off()
        try:
            with self.driving():
                self.phases.finish()
        except (PipelineRunning, PipelineEnded):
            return

    def _interruptible(self, drive: Callable[[], Result]) -> Result:
        try:
            return drive()
        except KeyboardInterrupt:
            # Ctrl-C while this thread, the main one, waits for the workers or delivers itself.
            try:
                self.phases.call_off()
                self.phases.finish()
            except KeyboardInterrupt:
                self.phases.abandon()
            raise

    def outcome(self, report: RunReport) -> RunReport:
        """Return the report, or raise the RunLimit, kept failures or not, or the RunFailed that stands for it."""
        raises = report.failures and self._on_error == "raise"
        failed = RunFailed(self.name, report.failures, report) if raises else None
        limit = self.phases.early_end.limit
        if limit is not None:
            limit.report = report
            raise limit from failed
        if failed is not None:
            raise failed
        return report

    def raise_failures(self, start: int) -> None:
        """Raise `RunFailed` for the failures from number `start` on, if the pipeline raises for failures."""
        failures = self._scheduler.failures.since(start)
        if failures and self._on_error == "raise":
            raise RunFailed(self.name, failures, self.report_until_now)


_lock = threading.Lock()
_driven: dict[int, str] = {}
"""By the id of the processor, because a user's class need not be hashable; its pipeline keeps it alive meanwhile."""


@contextmanager
def exclusive_use(pipeline: str, processors: Iterable[Handler]) -> Iterator[None]:
    """Keep other pipelines from driving these processors; raises PipelineRunning."""
    wanted = {id(processor): processor.name for processor in processors}
    with _lock:
        taken = next(iter(_driven.keys() & wanted.keys()), None)
        if taken is not None:
            raise PipelineRunning(
                f"{wanted[taken]} is at work in {_driven[taken]}, and an instance serves one pipeline at a time; "
                f"wait for that one, or make another {wanted[taken]} for {pipeline}"
            )
        _driven.update(dict.fromkeys(wanted, pipeline))
    try:
        yield
    finally:
        with _lock:
            for key in wanted:
                _driven.pop(key, None)  # gone already in a child that was forked meanwhile


def _forget() -> None:
    """Forget the processors of the parent: a forked child drives none of them."""
    global _lock  # noqa: PLW0603 - a thread of the parent may have held it
    _lock = threading.Lock()
    _driven.clear()


os.register_at_fork(after_in_child=_forget)
