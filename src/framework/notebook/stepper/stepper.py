"""`PhaseStepper`: runs a pipeline phase by phase or delivery by delivery, in a cell or from a script."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Literal

from framework.errors import PipelineRunning, RunFailed, RunLimit, UnknownName
from framework.notebook.stepper.conditions import Condition, Stop, condition_of
from framework.notebook.stepper.phase_history import Activity, PhaseHistory, PhaseState, counted_now, phase_state
from framework.notebook.widgets.listeners import Listeners
from framework.notebook.widgets.require import require
from framework.notebook.widgets.shown import Shown
from framework.observe import DeliveryFailed, Failures, PhaseReport, Recorder, Snapshot
from framework.observe.findings import times
from framework.observe.text import short_repr

if TYPE_CHECKING:
    import pandas as pd

MEGABYTE = 1024 * 1024


class PhaseStepper(Shown):
    """Steps a pipeline; as the last expression of a cell it shows buttons, graph, mailboxes and history.

    Each button has a method, which returns why it stopped; it raises PipelineRunning while another one drives::

        stepper = pipeline.stepper()
        stepper.step()
        stepper.until("failure")

    Commands of the widget run on threads of their own, so that the notebook stays free. With ipykernel 7.1 or later
    clicks are answered while a cell is busy, because its kernels handle widgets on another thread; with an older one
    they wait for the cell, and the widget says so. `until` and `deliver` make one delivery at a time, also where the
    pipeline has many workers.

    The first command or display attaches a `Recorder`, kept as `stepper.recorder`; what happened before is not known.
    """

    def __init__(self, pipeline: Any, max_bytes: int = 64 * MEGABYTE) -> None:
        """Prepare to step a pipeline; nothing runs yet.

        Args:
            pipeline: what to step.
            max_bytes: about how much memory the recorded history may take.

        Raises:
            OptionError: it is no pipeline, or `max_bytes` is not positive.
        """
        require(pipeline, "phases", "a stepper steps a pipeline, and flow.watch() watches a flow")
        self.pipeline = pipeline
        self.recorder = Recorder(max_bytes)
        self.recorded_from: int | None = None
        self.history = PhaseHistory()
        self.looking_at: int | None = None
        self.message = ""
        self.listeners = Listeners()
        self.activity = Activity(self.listeners.tell)
        self._stopping = False
        # Held by the one command that drives; clicks and cells ask for it, a few times a second at most.
        self._driving = threading.Lock()

    # -- commands

    def step(self) -> str:
        """Run one phase to its end."""
        return self._command(self._step)

    def deliver(self) -> str:
        """Make the next single delivery, on this thread."""
        return self._command(self._deliver)

    def run(self) -> str:
        """Run phase after phase to the end; failures are shown, not raised."""
        return self._command(self._run)

    def finish(self) -> str:
        """Deliver what waits, run the hooks and end; failures are shown, not raised."""
        return self._command(self._finish)

    def until(
        self,
        condition: Condition | Literal["failure"] | None = None,
        *,
        target: str | None = None,
        phase: int | None = None,
    ) -> str:
        """Make one delivery after the other, on this thread, and stop right after the first match.

        Args:
            condition: a function of a happening, or "failure".
            target: stop when an artifact of that target is announced.
            phase: stop when that phase begins.

        Raises:
            OptionError: not exactly one of the three is given.
            PipelineRunning: the pipeline is being run, by another command or elsewhere.
        """
        wanted, words = condition_of(condition, target, phase)
        if phase is not None and phase <= self.pipeline.snapshot().phase:
            return self._say(f"phase {phase} has begun already")
        return self._command(lambda: self._until(wanted, words))

    def stop(self) -> str:
        """Make no new deliveries, run the hooks and end; the report stays at `pipeline.report`."""
        self._stopping = True
        self.pipeline.stop()
        with self._driving:  # the command that drives ends the run
            self._settle()
        return self._say(self._end_line() or "stopping")

    # -- looking back

    def look(self, phase: int) -> PhaseState:
        """Show the state when that phase had settled, and return it; nothing is executed.

        Raises:
            UnknownName: that phase was not recorded.
        """
        state = self.history.at(phase)
        if state is None:
            raise UnknownName("recorded phase", phase, [str(state.phase) for state in self.history.states])
        self.looking_at = phase
        self.listeners.tell()
        return state

    def now(self) -> PhaseState:
        """Show the state of now, and return it."""
        self.looking_at = None
        self.listeners.tell()
        return self._shown_state()

    def _shown_state(self) -> PhaseState:
        """Return the state that is shown: that of the phase looked back at, else that of now.

        While a command runs, attributes stay as they were before it, and only counts move.
        """
        past = self.history.at(self.looking_at) if self.looking_at is not None else None
        if past is not None:
            return past
        snapshot = self.pipeline.snapshot()
        last, before = self.history.last, self._before(snapshot)
        if last is not None and self.busy:
            return counted_now(last, snapshot, before)
        if last is not None and last.snapshot.nodes == snapshot.nodes and last.phase == snapshot.phase:
            return last  # nothing was submitted or delivered since
        return phase_state(self.pipeline, snapshot, before, self.activity.failures)

    @property
    def failures(self) -> Failures:
        """Return the failures since recording began, in the order they happened."""
        return Failures(self.activity.failures)

    @property
    def busy(self) -> bool:
        """Return whether a command or a run in the background is driving the pipeline."""
        return self._driving.locked() or bool(self.pipeline.state == "running")

    def frame(self) -> pd.DataFrame:
        """Return what happened since recording began, one row per happening: `framework.notebook.trace_frame`."""
        return self.recorder.frame()

    def attach(self) -> None:
        """Begin recording, if it has not begun; commands and displays call this."""
        if self.recorded_from is None:
            self.pipeline.observe(self.recorder)
            self.pipeline.observe(self.activity)
            self.recorded_from = self._settle().phase + 1

    def _end_line(self) -> str | None:
        """Return how the run ended, in a line; None before its end."""
        if self.pipeline.state != "finished":
            return None
        report = self.pipeline.report
        state = "Stopped" if report.interrupted else "Finished"
        return f"{state}: {times(len(report.phases), 'phase')}, {times(len(report.failures), 'failure')}"

    # -- how commands work

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._driving.acquire(blocking=False):
            raise PipelineRunning("the stepper is busy with another command: stop() it, or wait for it")
        try:
            yield
        finally:
            self._driving.release()

    def _command(self, command: Callable[[], str]) -> str:
        self.attach()
        self.looking_at = None
        self._stopping = False
        with self._alone():
            self.listeners.tell()
            try:
                reason = self._end_line() or command()
            finally:
                self._settle()
        return self._say(reason)

    def _say(self, reason: str) -> str:
        """Show a line in every view, and return it."""
        self.message = reason
        self.listeners.tell()
        return reason

    def _settle(self) -> Snapshot:
        """Keep the state of now, unless it moves, and return its counts."""
        snapshot: Snapshot = self.pipeline.snapshot()
        if snapshot.state != "running":
            before = self._before(snapshot)
            self.history.keep(phase_state(self.pipeline, snapshot, before, self.activity.failures))
        return snapshot

    def _before(self, snapshot: Snapshot) -> PhaseState | None:
        return next((state for state in reversed(self.history.states) if state.phase < snapshot.phase), None)

    def _step(self) -> str:
        report: PhaseReport = self.pipeline.step()
        over = "has settled: submit more and step again, or finish" if report.settled else "is over"
        return self._end_line() or f"phase {report.phase} {over}"

    def _run(self) -> str:
        for _ in self.pipeline.phases():
            self._settle()
            if self._stopping:
                break
        return self._finish()

    def _finish(self) -> str:
        with suppress(RunFailed, RunLimit):  # they are in the report
            self.pipeline.finish()
        return self._end_line() or "stopped"

    def _deliver(self) -> str:
        made = self.pipeline.deliver()
        if made is None:
            return "nothing waits: step() announces the next phase"
        if isinstance(made, DeliveryFailed):
            return made.failure.summary
        return f"delivered {short_repr(made.event)} to {made.processor}"

    def _until(self, wanted: Condition, words: str) -> str:
        stop = Stop(wanted)
        with self.pipeline.observe(stop):
            settled = False
            while stop.found is None and self._end_line() is None and not (settled or self._stopping):
                made = self.pipeline.deliver(phases=True)
                if isinstance(made, PhaseReport):
                    self._settle()
                    settled = made.settled
        if stop.error is not None:
            raise stop.error
        return (
            stop.line()
            if stop.found is not None
            else f"{self._end_line() or ('settled' if settled else 'stopped')} before {words}"
        )

    # -- display

    def __repr__(self) -> str:
        return f"<PhaseStepper of {self.pipeline!r}>"
