"""`RunBounds`: what ends a run that would not end by itself; and the checks of numeric options."""

from __future__ import annotations

from dataclasses import dataclass

from framework.errors import OptionError


@dataclass(frozen=True, slots=True)
class RunBounds:
    """`deadline` is in seconds from the first step, `grace` in seconds after a stop; raises OptionError."""

    max_phases: int | None = None
    deadline: float | None = None
    grace: float = 5.0

    def __post_init__(self) -> None:
        whole("max_phases", self.max_phases)
        positive("deadline", self.deadline)
        if not (_is_number(self.grace) and self.grace >= 0):
            raise OptionError(f"grace is a number of seconds >= 0, got {self.grace!r}")


def seconds(option: str, value: float | None) -> None:
    """Check that an option is a time to wait, or None for no limit; raises OptionError."""
    if value is not None and not (_is_number(value) and value >= 0):
        raise OptionError(f"{option} is a number of seconds >= 0, or None for no limit; got {value!r}")


def positive(option: str, value: float | None) -> None:
    """Check that an option is positive, or None for no limit; raises OptionError."""
    if value is not None and not (_is_number(value) and value > 0):
        raise OptionError(f"{option} must be positive, or None for no limit; got {value!r}")


def whole(option: str, value: int | None) -> None:
    """Check that an option is a positive whole number, or None for no limit; raises OptionError."""
    if value is not None and not (isinstance(value, int) and _is_number(value)):
        raise OptionError(f"{option} must be a whole number, or None for no limit; got {value!r}")
    positive(option, value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
