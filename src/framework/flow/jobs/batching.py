"""Several items in one call: `batch=`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from framework.errors import FlowError, OptionError
from framework.flow.clock import is_time
from framework.observe.findings import times


@dataclass(frozen=True, slots=True)
class Batch:
    """Up to `size` items per call; a call waits at most `linger` seconds for more than one item.

    The processor gets a list and returns one result per item, in order. An exception in the place of a result is the
    outcome of that item; an exception that is raised is the outcome of all.
    """

    size: int
    linger: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what makes no sense.

        Raises:
            OptionError: a size below 1, a negative time.
        """
        if not isinstance(self.size, int) or isinstance(self.size, bool) or self.size < 1:
            raise OptionError(f"a batch has a whole number of items of at least 1, got {self.size!r}")
        if not is_time(self.linger, endless=True):
            raise OptionError(f"linger is a time in seconds and cannot be negative, got {self.linger!r}")


def as_batch(batch: Batch | int | None) -> Batch | None:
    """Return a batch, of so many items where a number is given; raises OptionError."""
    return batch if batch is None or isinstance(batch, Batch) else Batch(batch)


def results_of(returned: object, size: int, job: str) -> Sequence[Any]:
    """What a batch processor returned, when it fits; raises FlowError."""
    if not isinstance(returned, list | tuple):
        raise FlowError(
            f"{job} got a batch and returned {type(returned).__name__}: return a list with one result per item"
        )
    if len(returned) != size:
        raise FlowError(
            f"{job} got a batch of {times(size, 'item')} and returned {times(len(returned), 'result')}: "
            "return one per item"
        )
    return returned
