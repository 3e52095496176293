"""`InitBuffer`: keeps waiting events out of the mailboxes until every recipient has handled `__INIT__`."""

from __future__ import annotations

from collections.abc import Iterable

from framework.core.event import Event
from framework.core.mailboxes.inbox import Inbox


class InitBuffer:
    """Used with `Exchange.quiet` taken, while nothing is delivered."""

    def __init__(self) -> None:
        self.open = False
        """Whether submits from outside are kept here."""
        self._kept: dict[Inbox, list[Event]] = {}

    def __len__(self) -> int:
        return sum(len(events) for events in self._kept.values())

    def take(self, inboxes: Iterable[Inbox]) -> None:
        """Move what waits in the mailboxes to here; the caller undoes their scheduling."""
        self.open = True
        self._kept = {inbox: list(inbox.queue) for inbox in inboxes if inbox.queue}
        for inbox in self._kept:
            inbox.queue.clear()

    def add(self, event: Event, inboxes: Iterable[Inbox]) -> None:
        """Keep an event that was submitted meanwhile, behind the others."""
        for inbox in inboxes:
            self._kept.setdefault(inbox, []).append(event)

    def restore(self) -> bool:
        """Move everything back into the mailboxes and schedule them; returns whether there was anything."""
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
