"""Policies for numbers of a sequence that do not come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from framework.reactive.checks import positive


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
