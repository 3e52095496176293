"""How many workers a job should have: pure functions of a snapshot. Start at `ScalingStrategy`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Protocol, runtime_checkable

from framework.errors import FlowError, OptionError
from framework.flow.capacity import Capacity, UtilizationCapacity
from framework.observe import NodeSnapshot

SLACK = 1e-6  # seconds; timers fire up to a clock tick early, and sums of floats are off in the last digits


@dataclass(frozen=True, slots=True)
class Decision:
    """How many workers a job should have, why, and what the strategy wants to be told at the next sample."""

    target: int
    reason: str = ""
    state: Any = None


@runtime_checkable
class ScalingStrategy(Protocol):
    """Decides from plain data; the job acts."""

    def decide(self, snapshot: NodeSnapshot, capacity: Capacity, state: Any, now: float) -> Decision:
        """Decide what becomes of a job, without changing anything.

        Args:
            snapshot: the job as it is now.
            capacity: its limits; the target must lie within them.
            state: the state of the previous decision, None at the first.
            now: seconds on the flow's clock.
        """


@dataclass(frozen=True, slots=True)
class UtilizationState:
    """When the job was last scaled, and since when (with what mean) its utilization lies on one side.

    `side` is +1 above the upper threshold, -1 below the lower, 0 between.
    """

    scaled_at: float
    side: int = 0
    since: float = 0.0
    total: float = 0.0
    samples: int = 0

    def observed(self, side: int, utilization: float, now: float) -> UtilizationState:
        """The state after one more sample."""
        if side != self.side:
            return UtilizationState(self.scaled_at, side, now, utilization, 1)
        return replace(self, total=self.total + utilization, samples=self.samples + 1)


class UtilizationScaling:
    """Follow the share of workers that are at work; those that wait for an item or for room are not."""

    def decide(self, snapshot: NodeSnapshot, capacity: Capacity, state: Any, now: float) -> Decision:
        """Scale when the utilization stayed beyond a threshold and the last change is long enough ago."""
        if not isinstance(capacity, UtilizationCapacity):
            return Decision(snapshot.workers, state=state)
        # The first sample comes one interval after the start, and the start counts as a change.
        known = state or UtilizationState(scaled_at=now - capacity.sampling)
        if snapshot.workers < capacity.min_workers:  # others were ended from outside
            reason = f"{snapshot.workers}->{capacity.min_workers}: fewer than min_workers"
            return Decision(capacity.min_workers, reason, UtilizationState(scaled_at=now))
        if not snapshot.workers:  # the next item starts one by itself
            return Decision(0, state=UtilizationState(known.scaled_at))
        utilization = snapshot.running / snapshot.workers
        side = (utilization > capacity.upper_threshold) - (utilization < capacity.lower_threshold)
        known = known.observed(side, utilization, now)
        held = now - known.since
        target = self._target(side, snapshot, capacity)
        ripe = held + SLACK >= capacity.dampening and now - known.scaled_at + SLACK >= capacity.cooldown
        if target == snapshot.workers or not ripe:
            return Decision(snapshot.workers, state=known)
        threshold = f"> {capacity.upper_threshold:.2f}" if side > 0 else f"< {capacity.lower_threshold:.2f}"
        reason = f"{snapshot.workers}->{target}: {known.total / known.samples:.2f} {threshold} for {round(held, 1):g} s"
        return Decision(target, reason, UtilizationState(scaled_at=now))

    def _target(self, side: int, snapshot: NodeSnapshot, capacity: UtilizationCapacity) -> int:
        if side > 0:
            return max(snapshot.workers, min(capacity.max_workers, snapshot.workers + capacity.upscaling_rate))
        if side < 0:
            leaving = min(capacity.downscaling_rate, snapshot.idle, snapshot.workers - capacity.min_workers)
            return snapshot.workers - max(0, leaving)
        return snapshot.workers


class FixedScaling:
    """Leave everything as it started."""

    def decide(self, snapshot: NodeSnapshot, capacity: Capacity, state: Any, now: float) -> Decision:  # noqa: ARG002 - the Protocol's
        """Keep the workers there are."""
        return Decision(snapshot.workers, state=state)


class Strategy(Enum):
    """The strategies that come with the package; anything with a `decide` of that kind serves as well."""

    UTILIZATION = "utilization"
    FIXED = "fixed"

    @property
    def scaling(self) -> ScalingStrategy:
        """What decides."""
        return UtilizationScaling() if self is Strategy.UTILIZATION else FixedScaling()


def as_strategy(strategy: Strategy | ScalingStrategy) -> ScalingStrategy:
    """The strategy itself, whichever way it was named; raises FlowError."""
    if isinstance(strategy, Strategy):
        return strategy.scaling
    if isinstance(strategy, type) or not isinstance(strategy, ScalingStrategy):
        raise FlowError(
            f"a strategy is Strategy.UTILIZATION, Strategy.FIXED or an object with "
            f"decide(snapshot, capacity, state, now), got {strategy!r}"
        )
    return strategy


def checked(decision: object, capacity: Capacity, job: str) -> Decision:
    """The decision, when a job can follow it; raises FlowError or OptionError."""
    if not isinstance(decision, Decision):
        raise FlowError(f"the strategy of {job} returned {decision!r}: return Decision(target, reason, state)")
    if not isinstance(decision.target, int) or isinstance(decision.target, bool):
        raise FlowError(f"the strategy of {job} wants {decision.target!r} workers: the target is a whole number")
    if not capacity.min_workers <= decision.target <= capacity.max_workers:
        raise OptionError(
            f"the strategy of {job} wants {decision.target} workers, "
            f"its capacity allows {capacity.min_workers}..{capacity.max_workers}: decide within it, or change it"
        )
    return decision
