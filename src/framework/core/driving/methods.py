"""The methods of `Pipeline` that drive it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Literal, Self, overload

from framework.core.driving.driver import Driver, finish, step
from framework.core.driving.run import Run
from framework.core.driving.runner import PhaseRunner
from framework.core.scheduling.delivery import FinishedDelivery, debugger
from framework.core.scheduling.scheduler import Scheduler
from framework.errors import LifecycleError, PipelineRunning
from framework.observe import PhaseReport, RunReport


class DrivingMethods:
    """The part of `Pipeline` that runs, steps, stops and ends it."""

    current_run: Run | None
    _runner: PhaseRunner
    _scheduler: Scheduler

    def run(self, *, progress: bool = False) -> RunReport:
        """Run phases until one settles, then `finish()`.

        With `progress` it shows what is done and waiting, the rate and the time left: a bar in a terminal, the monitor
        in a notebook.

        Ctrl-C stops it: running deliveries get their grace, hooks run, archives are closed, the report stays at
        `pipeline.report` and KeyboardInterrupt is raised again; a second Ctrl-C abandons at once.

        Raises:
            RunFailed: deliveries failed; everything else was processed.
            RunLimit: `max_phases` or `deadline` ended it.
            PipelineRunning: it runs already.
            PipelineEnded: it has run.
        """
        if progress:
            from framework.notebook.monitor.progress import progress as shown

            with shown(self):
                return self.run()
        if not self._scheduler.has_threads:
            self._before_run()
            return self._runner.outcome(self._runner.run())
        driver = Driver(self._runner, self._runner.drive)
        try:
            return self._begin(driver).wait()
        except KeyboardInterrupt:
            driver.interrupt()
            raise

    def start(self) -> Run:
        """Run in the background; the handle is also kept as `current_run`.

        Raises:
            PipelineRunning: it runs already.
            PipelineEnded: it has run.
        """
        return self._begin(Driver(self._runner, self._runner.drive))

    def _begin(self, driver: Driver[RunReport]) -> Run:
        # Known before it begins: an interrupt of this cell does not stop it, and must not lose it.
        self._before_run()
        former, run = self.current_run, Run(self._runner, driver, self)
        self.current_run = run
        try:
            driver.begin()
        except LifecycleError:
            self.current_run = former
            raise
        return run

    def _before_run(self) -> None:
        """Do what is to be done before a run to the end."""

    def step(self) -> PhaseReport:
        """Run one phase: drain, announce `__PHASE__`, drain.

        `settled=True` in its report says that nothing is left to do; more may be submitted until `finish()`.
        Never raises for a failure: it is in the report.
        """
        return step(self._runner)

    def phases(self) -> Iterator[PhaseReport]:
        """Run phase by phase until one settles; each report comes when its phase is over, and more may be submitted."""
        while not self._runner.is_over:
            yield self.step()

    def finish(self) -> RunReport:
        """End the run: deliver what waits, announce `__POISON__`, close the archives; the report if it has ended.

        Raises:
            RunFailed: deliveries failed, in any phase.
            RunLimit: `max_phases` or `deadline` ended it.
            PipelineRunning: it runs on another thread.
        """
        return self._runner.outcome(self._runner.report or finish(self._runner))

    @overload
    def deliver(self, *, break_: bool = False, phases: Literal[False] = False) -> FinishedDelivery | None: ...
    @overload
    def deliver(self, *, break_: bool = False, phases: Literal[True]) -> FinishedDelivery | PhaseReport: ...
    def deliver(self, *, break_: bool = False, phases: bool = False) -> FinishedDelivery | PhaseReport | None:
        """Make the next single delivery on this thread.

        Args:
            break_: stop in IPython's debugger at the first line of `process`.
            phases: begin and end phases on the way, as `step` does; `step` then finishes the phase that is open.

        Returns:
            What came of it. When nothing waits: None, or with `phases` the report of the phase that ended.

        Raises:
            PipelineRunning: it runs already.
            PipelineEnded: it has run.
        """
        call = debugger() if break_ else None
        return self._runner.deliver_in_phases(call) if phases else self._runner.deliver(call)

    def stop(self) -> None:
        """Make no new deliveries, run the hooks and end; from any thread. What waits is dropped and counted."""
        self._runner.stop()

    def close(self) -> None:
        """End it and close its archives: as `finish()` when it is settled, else as `stop()`; never raises for failures.

        Closing twice is harmless.

        Raises:
            PipelineRunning: a delivery closes its own pipeline, which would wait for the delivery.
        """
        if self._scheduler.is_worker():
            raise PipelineRunning(
                f"{self._runner.name} cannot be closed by one of its own deliveries, for whose end it would wait: "
                "pipeline.stop() ends the run after this delivery"
            )
        self._runner.close()
        if self.current_run is not None:
            self.current_run._join()

    def __del__(self, is_finalizing: Callable[[], bool] = sys.is_finalizing) -> None:  # no globals are left at exit
        """End the threads of a pipeline that was stepped and then dropped, and release its store."""
        if not is_finalizing() and hasattr(self, "_scheduler"):  # it has none where an option was refused
            self._scheduler.close(at_once=True)  # the collector calls this anywhere: it waits for no thread

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
