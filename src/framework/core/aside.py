"""`Aside`: what waits is kept out of the mailboxes until `__INIT__` has been handled by everybody."""

from __future__ import annotations

from collections.abc import Iterable

from framework.core.event import Event
from framework.core.inbox import Inbox


class Aside:
    """Used with the scheduler's `quiet` taken, and while nothing is delivered."""

    def __init__(self) -> None:
        """Nothing is set aside."""
        self._events: dict[Inbox, list[Event]] | None = None

    def __bool__(self) -> bool:
        """Whether what is submitted from outside goes here."""
        return self._events is not None

    def __len__(self) -> int:
        """How many deliveries are kept here."""
        return sum(len(events) for events in (self._events or {}).values())

    def take(self, inboxes: Iterable[Inbox]) -> None:
        """Empty the mailboxes; whoever has scheduled them has to forget them."""
        self._events = {inbox: list(inbox.queue) for inbox in inboxes if inbox.queue}
        for inbox in self._events:
            inbox.queue.clear()
            inbox.token[0] = True

    def add(self, event: Event, inboxes: Iterable[Inbox]) -> None:
        """Keep an event that was submitted meanwhile, behind what was there."""
        if self._events is not None:
            for inbox in inboxes:
                self._events.setdefault(inbox, []).append(event)

    def put_back(self) -> bool:
        """Fill the mailboxes again and schedule them; returns whether there was anything."""
        events, self._events = self._events, None
        for inbox, kept in (events or {}).items():
            inbox.queue.extendleft(reversed(kept))
            if inbox.claim(0, None):
                inbox.ready(inbox)
        return bool(events)

    def clear(self) -> int:
        """Forget everything; returns how many deliveries there were."""
        count = len(self)
        self._events = None
        return count
