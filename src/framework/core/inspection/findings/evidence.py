"""`Evidence`: what the findings of a pipeline are drawn from, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from framework.core.mailboxes.inbox import Inbox
from framework.core.matching.interests import Interests
from framework.observe import Failures, PhaseReport, Snapshot
from framework.observe.recording.dead_letters import DeadLetterCount
from framework.observe.recording.history import Delivery, History, Submission


@dataclass(frozen=True)
class Evidence:
    """One pipeline at one moment; `history` is None where none is kept."""

    interests: Mapping[Inbox, Interests]
    history: History | None
    dead_letters: DeadLetterCount
    failures: Failures
    phases: tuple[PhaseReport, ...]
    snapshot: Snapshot
    unfinished: tuple[str, ...]
    elapsed: float

    @cached_property
    def deliveries(self) -> list[Delivery]:
        """The deliveries that are kept; read once, since every kind looks at them."""
        return [] if self.history is None else self.history.deliveries()

    @cached_property
    def submissions(self) -> list[Submission]:
        """The submissions that are kept."""
        return [] if self.history is None else self.history.events()
