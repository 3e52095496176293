"""Happenings: small frozen dataclasses, read with `match`, passed as the single argument to an observer.

All `at` are `time.monotonic()` and all `elapsed` are seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from framework.observe.reports import Failure, PhaseReport

Outcome = Literal["done", "skipped", "rerouted", "failed", "dropped"]


@dataclass(frozen=True, slots=True)
class EventSubmitted:
    """An event entered the mailboxes of its `recipients`; none of them makes it a dead letter.

    `sender` is the processor that submitted it while it handled `cause`; both are None for a submit from outside.
    """

    event: Any
    sender: str | None
    cause: Any
    recipients: tuple[str, ...]
    phase: int
    at: float


@dataclass(frozen=True, slots=True)
class DeliveryStarted:
    """A processor begins to handle an event."""

    processor: str
    event: Any
    phase: int
    at: float


@dataclass(frozen=True, slots=True)
class DeliveryFinished:
    """A processor has handled an event.

    `matched` is False when no `case` took it, None when that was not looked at or cannot be told.
    """

    processor: str
    event: Any
    phase: int
    at: float
    elapsed: float
    matched: bool | None = None


@dataclass(frozen=True, slots=True)
class DeliveryFailed:
    """A processor raised while it handled an event."""

    processor: str
    event: Any
    phase: int
    at: float
    elapsed: float
    failure: Failure


@dataclass(frozen=True, slots=True)
class PhaseStarted:
    """A phase begins to drain; phases count from 1."""

    phase: int
    at: float


@dataclass(frozen=True, slots=True)
class PhaseSettled:
    """A phase is over: everything that it caused has been delivered."""

    report: PhaseReport
    at: float


@dataclass(frozen=True, slots=True)
class RunFinished:
    """The run is over, hooks have run and archives are closed; `report` is a RunReport or a FlowReport."""

    report: Any
    at: float


@dataclass(frozen=True, slots=True)
class WorkersScaled:
    """A job changed its number of workers, with the reason in words."""

    job: str
    before: int
    after: int
    reason: str
    at: float


@dataclass(frozen=True, slots=True)
class ItemFinished:
    """An item left a job of a flow, with its outcome there.

    `parent` is the item whose processor yielded it, None for one that was put in; `attempts` counts all that were made;
    `reason` says why it was dropped.
    """

    job: str
    item: Any
    outcome: Outcome
    at: float
    elapsed: float
    parent: Any = None
    attempts: int = 1
    reason: str = ""


Happening = (
    EventSubmitted
    | DeliveryStarted
    | DeliveryFinished
    | DeliveryFailed
    | PhaseStarted
    | PhaseSettled
    | RunFinished
    | WorkersScaled
    | ItemFinished
)
