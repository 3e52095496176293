"""Where `PhaseStepper.until` stops: a condition on happenings, and `Stop`, the observer that waits for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from framework.errors import OptionError
from framework.observe import (
    DeliveryFailed,
    DeliveryFinished,
    DeliveryStarted,
    EventSubmitted,
    PhaseSettled,
    PhaseStarted,
    RunFinished,
)
from framework.observe.text import short_repr

Condition = Callable[[Any], object]
"""A predicate of a happening."""


def condition_of(
    condition: Condition | Literal["failure"] | None, target: str | None, phase: int | None
) -> tuple[Condition, str]:
    """Return the condition that was asked for, and its name for messages; raises OptionError."""
    if [condition, target, phase].count(None) != 2:  # noqa: PLR2004 - two of the three
        raise OptionError('until takes one of: a function of a happening, "failure", target="...", phase=...')
    if not isinstance(phase, int | None) or not isinstance(target, str | None):
        raise OptionError(f"until takes the name of a target or the number of a phase, got {target=}, {phase=}")
    if target is not None:
        return lambda happening: _is_built(happening, target), f"target {target!r} was built"
    if phase is not None:
        return (
            lambda happening: isinstance(happening, PhaseStarted) and happening.phase >= phase,
            f"phase {phase} began",
        )
    if condition == "failure":
        return lambda happening: isinstance(happening, DeliveryFailed), "anything failed"
    if not callable(condition):
        raise OptionError(f'until takes a function of a happening or "failure", got {condition!r}')
    return condition, "the condition held"


class Stop:
    """Watches for the first happening that meets a condition."""

    def __init__(self, wanted: Condition) -> None:
        self._wanted = wanted
        self.found: Any = None
        self.error: Exception | None = None

    def __call__(self, happening: Any) -> None:
        """Test one happening; the pipeline calls this."""
        if self.found is not None:
            return
        try:
            if self._wanted(happening):
                self.found = happening
        except Exception as error:  # noqa: BLE001 - raised where until() was called, not in the pipeline
            self.found, self.error = happening, error

    def line(self) -> str:
        """Return the happening that was found, as one line of text."""
        return happening_line(self.found)


def happening_line(happening: Any) -> str:
    """Return a happening as one line of text."""
    line = short_repr(happening)
    match happening:
        case DeliveryFailed(failure=failure):
            line = failure.summary
        case PhaseStarted(phase=phase):
            line = f"phase {phase} began"
        case PhaseSettled(report=report):
            line = f"phase {report.phase} is over"
        case EventSubmitted(event=event, sender=sender):
            line = f"{sender or 'outside'} submitted {short_repr(event)}"
        case DeliveryFinished(processor=processor, event=event):
            line = f"{processor} handled {short_repr(event)}"
        case DeliveryStarted(processor=processor, event=event):
            line = f"{processor} got {short_repr(event)}"
        case RunFinished():
            line = "the run is over"
    return line


def _is_built(happening: Any, target: str) -> bool:
    match happening:
        case EventSubmitted(event=event):
            return event.name == "built" and getattr(event, "target", None) == target
    return False
