"""A flow as a job of another: its jobs become jobs of the outer flow, under dotted names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from framework.flow.clock import Clock
    from framework.flow.scaling import ScalingStrategy


@dataclass(frozen=True, slots=True)
class Chain:
    """The jobs of a flow as they were declared, with what they share."""

    name: str
    jobs: Sequence[Any]
    error: Any
    strategy: ScalingStrategy
    clock: Clock | None


class NestedFlow(Protocol):
    """A flow that can be a job of another."""

    name: str

    @property
    def running(self) -> bool:
        """Whether it has been started and has not ended."""

    @property
    def _room(self) -> int:
        """How many items all its jobs can hold at most."""

    def _chain(self) -> Chain:
        """Return its jobs; raises LifecycleError."""

    def _join(self, part: Any) -> None:
        """Take note of the outer run that its jobs are part of now."""

    def _subjects(self) -> Iterator[Any]:
        """Yield what its jobs call."""

    def _parts(self) -> set[Any]:
        """Return this flow and those inside of it."""


def as_subflow(subject: Any) -> NestedFlow | None:
    """Return the flow that `subject` is, None for anything else."""
    # Known by what it offers: a flow makes jobs, so that jobs cannot import it.
    nested: NestedFlow | None = subject if callable(getattr(type(subject), "_chain", None)) else None
    return nested
