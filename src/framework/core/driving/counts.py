"""`Count`: the counters of all mailboxes at one moment, to be compared with those of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from framework.core.scheduling.scheduler import Scheduler


class Count:
    """What was delivered, emitted and failed so far; exact while everything is quiet."""

    def __init__(self, scheduler: Scheduler) -> None:
        """Count now."""
        self._inboxes = scheduler.inboxes
        self._delivered = [inbox.delivered for inbox in scheduler.inboxes]
        self._emitted = [inbox.emitted for inbox in scheduler.inboxes]
        self._held = scheduler.holds.submitted
        self.failed = len(scheduler.failures)

    def delivered_since(self, before: Count) -> dict[str, int]:
        """The deliveries to each processor."""
        rows = zip(self._inboxes, self._delivered, before._delivered, strict=True)
        return {inbox.name: new - old for inbox, new, old in rows}

    def emitted_since(self, before: Count) -> int:
        """How many events were submitted, through contexts and holds."""
        return sum(self._emitted) + self._held - sum(before._emitted) - before._held

    def emitters_since(self, before: Count) -> list[str]:
        """The processors that submitted something."""
        rows = zip(self._inboxes, self._emitted, before._emitted, strict=True)
        return [inbox.name for inbox, new, old in rows if new > old]
