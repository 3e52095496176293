"""Lets a strategy look at a job at intervals, and the job follow its decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from framework.flow.capacity import Capacity, UtilizationCapacity
from framework.flow.scaling import FixedScaling, checked

if TYPE_CHECKING:
    from framework.flow.clock import Timer
    from framework.flow.jobs.job import Job
    from framework.flow.running.run import FlowRun

DEFAULT_SAMPLING = UtilizationCapacity.sampling


class Scaler:
    """Scaling of one job during one run: a timer, no task."""

    def __init__(self, job: Job, run: FlowRun) -> None:
        self._job = job
        self._run = run
        self._state: Any = None
        self._timer: Timer | None = None

    def start(self, capacity: Capacity) -> None:
        """Take the first sample one interval from now."""
        self._capacity = capacity
        self._interval = getattr(capacity, "sampling", DEFAULT_SAMPLING)
        fixed = isinstance(self._run.strategy, FixedScaling) or capacity.min_workers == capacity.max_workers
        if not fixed:
            self._schedule()

    def stop(self) -> None:
        """Take no more samples."""
        if self._timer is not None:
            self._timer.cancel()

    def _schedule(self) -> None:
        self._timer = self._run.clock.call_later(self._interval, self._sample)

    def _sample(self) -> None:
        job = self._job
        if job.input.closed:
            return  # its workers are on their way out
        try:
            now = self._run.clock.now()
            made = self._run.strategy.decide(job.snapshot(), self._capacity, self._state, now)
            decision = checked(made, self._capacity, job.name)
        except Exception as error:  # noqa: BLE001 - the strategy is the user's
            error.add_note(f"raised while scaling {job.name}")
            self._run.fail(error)
            return
        self._state = decision.state
        job.resize(decision.target, decision.reason)
        self._schedule()
