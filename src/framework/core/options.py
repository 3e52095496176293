"""`Options`: what a pipeline was made with, checked; `renew` makes the next one with the same."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from framework.core.driving.limits import Limits, positive, whole
from framework.core.driving.phases import OnError
from framework.errors import OptionError


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of `Pipeline`, which documents them.

    Raises:
        OptionError: one makes no sense.
    """

    strict_interest_inference: bool
    workspace: Path | str | None
    max_workers: int | None
    config: Any
    name: str | None
    on_error: OnError
    max_phases: int | None
    deadline: float | None
    grace: float
    slow_after: float | None
    max_pending: int | None
    seed: int | None
    trust: bool

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        if self.on_error not in ("raise", "keep"):
            raise OptionError(f'on_error is "raise" or "keep", got {self.on_error!r}')
        positive("slow_after", self.slow_after)
        whole("max_pending", self.max_pending)
        whole("max_workers", self.max_workers)
        if self.seed is not None and not isinstance(self.seed, int | float | str | bytes):
            raise OptionError(f"seed is a number or a text, or None to run on threads; got {self.seed!r}")
        if self.name is not None and not isinstance(self.name, str):
            raise OptionError(f"name is a string, got {self.name!r}: Pipeline([...], name='imports')")
        self.limits()

    def limits(self) -> Limits:
        """What bounds a run."""
        return Limits(max_phases=self.max_phases, deadline=self.deadline, grace=self.grace)

    def arguments(self) -> dict[str, Any]:
        """For another pipeline with the same options."""
        return {field.name: getattr(self, field.name) for field in fields(self)}
