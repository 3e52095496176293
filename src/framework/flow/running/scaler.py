"""`Scaler`: asks a strategy at intervals and resizes a job accordingly."""

from __future__ import annotations

from collections.abc import Sized
from typing import TYPE_CHECKING, Any, Protocol

from framework.flow.capacity import Capacity, UtilizationCapacity
from framework.flow.scaling import FixedScaling, ScalingStrategy, checked

if TYPE_CHECKING:
    from framework.flow.clock import Clock, Timer
    from framework.flow.queues.channel import Channel
    from framework.flow.workers.run_context import RunContext
    from framework.observe import NodeSnapshot

DEFAULT_SAMPLING = UtilizationCapacity.sampling


class Scalable(Protocol):
    """A job that can be resized."""

    name: str
    input: Channel
    capacity: Capacity
    clock: Clock

    @property
    def workers(self) -> Sized:
        """Its workers, those included that end after their items."""

    def snapshot(self) -> NodeSnapshot:
        """The job as it is now."""

    def resize(self, target: int, reason: str) -> None:
        """Go towards `target` workers."""

    def fit(self, why: str) -> None:
        """Bring the number of workers into the range of its capacity."""


class Scaler:
    """Scaling of one job during one run: a timer, no task."""

    def __init__(self, job: Scalable, strategy: ScalingStrategy, context: RunContext) -> None:
        self._job = job
        self._strategy = strategy
        self._context = context
        self._clock: Clock = job.clock
        self._state: Any = None
        self._timer: Timer | None = None

    def start(self) -> None:
        """Take the first sample one interval from now."""
        if not self._is_fixed:
            self._schedule()

    @property
    def _is_fixed(self) -> bool:
        capacity = self._job.capacity
        return isinstance(self._strategy, FixedScaling) or capacity.min_workers == capacity.max_workers

    def make_again(self) -> None:
        """A worker could not be made: see to it at the next sample, or one interval from now where none is taken."""
        if self._is_fixed:
            self.stop()  # one timer for all that could not be made
            self._schedule()

    def stop(self) -> None:
        """Take no more samples."""
        if self._timer is not None:
            self._timer.cancel()

    def restart(self) -> None:
        """Begin anew with another capacity."""
        self.stop()
        self._state = None
        self.start()

    def _schedule(self) -> None:
        interval = getattr(self._job.capacity, "sampling", DEFAULT_SAMPLING)
        self._timer = self._clock.call_later(interval, self._sample)

    def _sample(self) -> None:
        job = self._job
        if job.input.closed:
            return  # its workers are ending
        if self._is_fixed:
            job.fit("fewer than min_workers")
            return
        capacity = job.capacity
        if len(job.workers) > capacity.max_workers:  # configured; they end when they are done
            self._schedule()
            return
        try:
            made = self._strategy.decide(job.snapshot(), capacity, self._state, self._clock.now())
            decision = checked(made, capacity, job.name)
        except Exception as error:  # noqa: BLE001 - the strategy is the user's
            error.add_note(f"raised while scaling {job.name}")
            self._context.fail(error)
            return
        self._state = decision.state
        job.resize(decision.target, decision.reason)
        self._schedule()
