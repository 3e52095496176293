"""What a rendezvous does with keys whose partners do not come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from framework.reactive.collecting import positive


class RendezvousOrphanPolicy(Protocol):
    """Decides how many keys are given up."""

    def excess(self, pending: int) -> int:
        """How many of the oldest keys to give up while so many wait for partners."""
        ...


@dataclass(frozen=True, slots=True)
class WaitForRendezvousOrphans:
    """Wait until the end of the run: nothing is given up, and memory grows with the orphans."""

    def excess(self, pending: int) -> int:  # noqa: ARG002 - the signature of a policy
        """None."""
        return 0


@dataclass(frozen=True, slots=True)
class MaxPendingRendezvousKeys:
    """Give up the oldest key when more than `limit` keys wait, so that memory stays bounded.

    Raises:
        OptionError: `limit` is not positive.
    """

    limit: int

    def __post_init__(self) -> None:
        """Check the limit."""
        positive(type(self).__name__, "limit", self.limit)

    def excess(self, pending: int) -> int:
        """As many as are beyond the limit."""
        return max(0, pending - self.limit)
