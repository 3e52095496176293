"""Policies for what a join or a load balancer waits for in vain: partners of a key, numbers of a sequence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from framework.reactive.checks import positive


class RendezvousOrphanPolicy(Protocol):
    """Decides how many keys are dropped."""

    def excess(self, pending: int) -> int:
        """Return how many of the oldest keys to drop while `pending` wait for partners."""


@dataclass(frozen=True, slots=True)
class WaitForRendezvousOrphans:
    """Waits until the end of the run: nothing is dropped, and memory grows with the orphans."""

    def excess(self, pending: int) -> int:  # noqa: ARG002 - the signature of a policy
        """Drop none."""
        return 0


@dataclass(frozen=True, slots=True)
class MaxPendingRendezvousKeys:
    """Drops the oldest keys when more than `max_pending` wait, so that memory stays bounded.

    Raises:
        OptionError: `max_pending` is not positive.
    """

    max_pending: int

    def __post_init__(self) -> None:
        positive(type(self).__name__, "max_pending", self.max_pending)

    def excess(self, pending: int) -> int:
        """Drop as many as are beyond the bound."""
        return max(0, pending - self.max_pending)


class SequenceGapPolicy(Protocol):
    """Decides whether to continue without a number."""

    def skips(self, buffered: int) -> bool:
        """Return whether to skip to the lowest number that has come, while `buffered` results wait behind the gap."""


@dataclass(frozen=True, slots=True)
class WaitForSequenceGaps:
    """Waits until the end of the run: order is exact, and memory grows with what waits."""

    def skips(self, buffered: int) -> bool:  # noqa: ARG002 - the signature of a policy
        """Never skip."""
        return False


@dataclass(frozen=True, slots=True)
class SkipAheadOnBacklog:
    """Skips when `max_buffered` results wait, so that memory stays bounded.

    Raises:
        OptionError: `max_buffered` is not positive.
    """

    max_buffered: int

    def __post_init__(self) -> None:
        positive(type(self).__name__, "max_buffered", self.max_buffered)

    def skips(self, buffered: int) -> bool:
        """Skip when the bound is reached."""
        return buffered >= self.max_buffered
