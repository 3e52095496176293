"""What a collector does when the next number of a sequence does not come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from framework.reactive.collecting import positive


class SequenceGapPolicy(Protocol):
    """Decides whether to go on without a number."""

    def skips(self, buffered: int) -> bool:
        """Whether to skip to the lowest number that is there, while so many results wait behind the gap."""
        ...


@dataclass(frozen=True, slots=True)
class WaitForSequenceGaps:
    """Wait until the end of the run: order is exact, and memory grows with what waits."""

    def skips(self, buffered: int) -> bool:  # noqa: ARG002 - the signature of a policy
        """Never."""
        return False


@dataclass(frozen=True, slots=True)
class SkipAheadOnBacklog:
    """Skip when `max_buffered` results wait, so that memory stays bounded.

    Raises:
        OptionError: `max_buffered` is not positive.
    """

    max_buffered: int

    def __post_init__(self) -> None:
        """Check the bound."""
        positive(type(self).__name__, "max_buffered", self.max_buffered)

    def skips(self, buffered: int) -> bool:
        """When the bound is reached."""
        return buffered >= self.max_buffered
