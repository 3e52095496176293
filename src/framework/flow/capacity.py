"""How many workers a job may have and how long its queue may grow. Start at `Capacity`."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import TypeVar

from framework.errors import OptionError

Workers = tuple[int, int, int | None]
"""Minimum, maximum and initial number of workers, as the `workers` decorator declares them."""


@dataclass
class Capacity:
    """Workers and queue of a job, whatever scales it.

    A flow validates and copies it when it starts, so that one object may serve many jobs and be changed between runs.
    `initial_workers` is brought into the range of the other two; `queue_length` counts the items that wait.
    """

    initial_workers: int = 3
    min_workers: int = 1
    max_workers: int = 5
    queue_length: int = 10

    def _check(self) -> None:
        self._check_whole(("min_workers", "initial_workers"), least=0)
        self._check_whole(("max_workers", "queue_length"), least=1)
        if self.min_workers > self.max_workers:
            raise OptionError(
                f"min_workers={self.min_workers} is more than max_workers={self.max_workers}: lower it or raise that"
            )

    def _check_whole(self, names: Iterable[str], least: int) -> None:
        for name in names:
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise OptionError(f"{name} must be a whole number of at least {least}, got {value!r}")


C = TypeVar("C", bound=Capacity)


@dataclass
class UtilizationCapacity(Capacity):
    """Workers that follow the utilization, the share of them that is at work.

    Beyond a threshold for `dampening` seconds, and `cooldown` seconds after the last change (the start counts as one),
    `upscaling_rate` workers join or `downscaling_rate` idle ones retire. It is looked at every `sampling` seconds.
    Thresholds may lie outside 0..1: an upper one of 2 never scales up, a lower one of -1 never down.
    """

    lower_threshold: float = 0.5
    upper_threshold: float = 0.7
    cooldown: float = 15
    sampling: float = 5
    dampening: float = 10
    upscaling_rate: int = 2
    downscaling_rate: int = 1

    def _check(self) -> None:
        super()._check()
        self._check_whole(("upscaling_rate", "downscaling_rate"), least=0)
        for name in ("lower_threshold", "upper_threshold", "cooldown", "sampling", "dampening"):
            value = getattr(self, name)
            if not isinstance(value, int | float) or math.isnan(value):
                raise OptionError(f"{name} must be a number, got {value!r}")
        for name in ("cooldown", "sampling", "dampening"):
            if getattr(self, name) < 0:
                raise OptionError(f"{name} is a time in seconds and cannot be negative, got {getattr(self, name)!r}")
        if not 0 < self.sampling < math.inf:
            raise OptionError(f"sampling={self.sampling!r} would never end or never begin: give it some seconds")
        if self.lower_threshold > self.upper_threshold:
            raise OptionError(
                f"lower_threshold={self.lower_threshold} is more than upper_threshold={self.upper_threshold}: "
                "lower one or raise the other"
            )


@dataclass(init=False)
class FixedCapacity(Capacity):
    """The same number of workers from the start to the end."""

    def __init__(self, workers: int = 3, queue_length: int = 10) -> None:
        super().__init__(workers, workers, workers, queue_length)

    def _check(self) -> None:
        if not self.initial_workers == self.min_workers == self.max_workers:
            raise OptionError(
                f"a FixedCapacity has one number of workers, not {self.initial_workers!r} of "
                f"{self.min_workers!r}..{self.max_workers!r}: use UtilizationCapacity for a range"
            )
        if not isinstance(self.max_workers, int) or isinstance(self.max_workers, bool) or self.max_workers < 1:
            raise OptionError(f"workers must be a whole number of at least 1, got {self.max_workers!r}")
        super()._check()


def check_given(capacity: object) -> None:
    """Look whether `capacity=` got one, or nothing; raises OptionError."""
    if not (capacity is None or isinstance(capacity, Capacity)):
        raise OptionError(f"capacity= takes a Capacity, got {capacity!r}: UtilizationCapacity(max_workers=8)")


def validated(capacity: C) -> C:
    """Return a copy that a job can rely on; raises OptionError where numbers make no sense, alone or together."""
    capacity._check()  # noqa: SLF001 - of this module
    own = copy.copy(capacity)
    own.initial_workers = min(max(capacity.initial_workers, capacity.min_workers), capacity.max_workers)
    return own


def scalable(capacity: Capacity) -> Capacity:
    """`capacity` with the settings that utilization needs: a plain `Capacity` gets the defaults."""
    if type(capacity) is not Capacity:
        return capacity
    return UtilizationCapacity(**{field.name: getattr(capacity, field.name) for field in fields(Capacity)})


def with_workers(capacity: Capacity, workers: Workers) -> Capacity:
    """A copy of `capacity` with another range of workers; a fixed one becomes a range."""
    least, most, initial = workers
    ranged = UtilizationCapacity(queue_length=capacity.queue_length)
    if not isinstance(capacity, FixedCapacity):
        ranged = copy.copy(scalable(capacity))  # type: ignore[assignment]  # a user's own Capacity class stays its own
    ranged.min_workers, ranged.max_workers = least, most
    ranged.initial_workers = least if initial is None else initial
    return ranged
