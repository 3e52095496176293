"""`Aside`: what waits is kept out of the mailboxes until `__INIT__` has been handled by everybody."""

from __future__ import annotations

from collections.abc import Iterable

from framework.core.event import Event
from framework.core.mailboxes.inbox import Inbox


class Aside:
    """Used with the scheduler's `quiet` taken, and while nothing is delivered."""

    def __init__(self) -> None:
        """Nothing is set aside."""
        self.open = False
        """Whether what is submitted from outside goes here."""
        self._kept: dict[Inbox, list[Event]] = {}

    def __len__(self) -> int:
        """How many deliveries are kept here."""
        return sum(len(events) for events in self._kept.values())

    def take(self, inboxes: Iterable[Inbox]) -> None:
        """Empty the mailboxes; whoever has scheduled them takes that back."""
        self.open = True
        self._kept = {inbox: list(inbox.queue) for inbox in inboxes if inbox.queue}
        for inbox in self._kept:
            inbox.queue.clear()

    def add(self, event: Event, inboxes: Iterable[Inbox]) -> None:
        """Keep an event that was submitted meanwhile, behind what was there."""
        for inbox in inboxes:
            self._kept.setdefault(inbox, []).append(event)

    def put_back(self) -> bool:
        """Fill the mailboxes again and schedule them; returns whether there was anything."""
        kept = self._close()
        for inbox, events in kept.items():
            inbox.queue.extendleft(reversed(events))
            inbox.schedule()  # a hold of `__INIT__` may have done so just now
        return bool(kept)

    def clear(self) -> int:
        """Forget everything; returns how many deliveries there were."""
        return sum(map(len, self._close().values()))

    def _close(self) -> dict[Inbox, list[Event]]:
        self.open, kept, self._kept = False, self._kept, {}
        return kept
