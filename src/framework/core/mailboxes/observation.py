"""`Observation`: the observers of a pipeline, and the emissions that were seen while there were any."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from framework.core.event import CONTROL, Event
from framework.core.mailboxes.inbox import Inbox
from framework.core.reactive_event import ReactiveEvent
from framework.observe import EventSubmitted, Observers


class ObservedEmission(NamedTuple):
    """An event that a processor was seen to submit; `target` is that of a `ReactiveEvent`."""

    sender: str
    class_name: str
    event_name: str | None
    target: str | None


class Observation(Observers):
    """Tells the observers of a pipeline what enters its mailboxes."""

    __slots__ = ("_fall_through", "emissions")

    def __init__(self) -> None:
        """Start without observers."""
        super().__init__()
        self.emissions: dict[ObservedEmission, None] = {}
        self._fall_through: dict[Inbox, Callable[[Event], bool | None]] = {}

    def submitted(
        self, event: Event, sender: str | None, cause: Event | None, inboxes: Iterable[Inbox], phase: int
    ) -> None:
        """Tell that an event is about to enter mailboxes, and remember that its sender emits such events."""
        if sender is not None:
            target = event.target if isinstance(event, ReactiveEvent) else None
            self.emissions[ObservedEmission(sender, type(event).__name__, event.name, target)] = None
        self.posted(event, sender, cause, inboxes, phase)

    def posted(
        self, event: Event, sender: str | None, cause: Event | None, inboxes: Iterable[Inbox], phase: int
    ) -> None:
        """Tell that an event is about to enter mailboxes."""
        recipients = tuple(inbox.name for inbox in inboxes)
        self.notify(EventSubmitted(event, sender, cause, recipients, phase, time.monotonic()))

    def matched(self, inbox: Inbox, event: Event) -> bool | None:
        """Whether a `case` will take the event; None when it cannot be told or no observer wants to know."""
        if event.name in CONTROL or not self.any_wants("wants_matches"):
            return None
        fall_through = self._fall_through.get(inbox)
        if fall_through is None:
            from framework.core.matching.patterns import fall_through_test  # reads sources; only for a recorder

            fall_through = self._fall_through[inbox] = fall_through_test(inbox.processor)
        fell = fall_through(event)
        return None if fell is None else not fell
