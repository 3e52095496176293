"""`Deferrals`: events that a processor sends to itself, kept until the recipients of what follows have room."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from framework.core.event import Event
from framework.core.mailboxes.inbox import Inbox

ROOM = 1024
"""Deliveries that may wait for a processor before senders that can wait do so."""


class Deferred(NamedTuple):
    """An event for one mailbox, what caused it, and the recipients of what will follow from it."""

    event: Event
    inbox: Inbox
    cause: Event | None
    recipients: tuple[Inbox, ...]

    def has_room(self) -> bool:
        """Whether none of the recipients is full."""
        return all(inbox.left < ROOM for inbox in self.recipients)


class Deferrals:
    """The events that wait for room; used with `Exchange.quiet` taken."""

    def __init__(self, post: Callable[[Event, Inbox, Event | None], None]) -> None:
        """Start with none; `post` puts an event into a mailbox and is told its cause."""
        self._post = post
        self._parked: list[Deferred] = []

    def __len__(self) -> int:
        return len(self._parked)

    def add(self, deferred: Deferred) -> None:
        """Post an event, or keep it until there is room."""
        if deferred.has_room():
            self._post(*deferred[:3])
        else:
            self._parked.append(deferred)

    def retry(self) -> None:
        """Post those that have room now."""
        parked, self._parked = self._parked, []
        for deferred in parked:
            self.add(deferred)

    def force(self) -> bool:
        """Post all, although there is no room; returns whether there were any.

        When nothing else is to be done, they wait for each other in a cycle.
        """
        parked, self._parked = self._parked, []
        for event, inbox, cause, _ in parked:
            self._post(event, inbox, cause)
        return bool(parked)

    def clear(self) -> int:
        """Forget all; returns how many there were."""
        count = len(self._parked)
        self._parked.clear()
        return count
