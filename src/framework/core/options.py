"""`Options`: the checked options of a pipeline; `renew` makes the next one with the same."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from framework.core.driving.bounds import RunBounds, positive, whole
from framework.core.driving.runner import OnError
from framework.errors import OptionError
from framework.observe.recording.history_limit import bytes_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of `Pipeline`, which documents them; raises OptionError."""

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
    history: bool | float | None

    def __post_init__(self) -> None:
        if self.on_error not in ("raise", "keep"):
            raise OptionError(f'on_error is "raise" or "keep", got {self.on_error!r}')
        positive("slow_after", self.slow_after)
        whole("max_pending", self.max_pending)
        whole("max_workers", self.max_workers)
        if self.seed is not None and not isinstance(self.seed, int | float | str | bytes):
            raise OptionError(f"seed is a number or a text, or None to run on threads; got {self.seed!r}")
        if self.name is not None and not isinstance(self.name, str):
            raise OptionError(f"name is a string, got {self.name!r}: Pipeline([...], name='imports')")
        if not isinstance(self.history, bool):
            positive("history", self.history)
        self.bounds()

    def bounds(self) -> RunBounds:
        """Return the bounds of a run."""
        return RunBounds(max_phases=self.max_phases, deadline=self.deadline, grace=self.grace)

    def history_bytes(self) -> float:
        """Return how many bytes of history to keep; 0 for none."""
        return bytes_of(self.history)

    def arguments(self) -> dict[str, Any]:
        """Return the keyword arguments for another pipeline with the same options."""
        return {field.name: getattr(self, field.name) for field in fields(self)}
