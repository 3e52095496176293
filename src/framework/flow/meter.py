"""How many workers of a job are at work or blocked, and the time that they worked."""

from __future__ import annotations

from collections.abc import Callable


class Meter:
    """Counts workers at work and waiting for room, and adds up their seconds at work.

    It is told of changes only when a worker stops or goes on, so that an item costs nothing.
    """

    __slots__ = ("_busy", "_changed", "_now", "blocked", "running")

    def __init__(self, now: Callable[[], float]) -> None:
        self.running = 0
        self.blocked = 0
        self._now = now
        self._busy = 0.0
        self._changed = now()

    def shift(self, running: int, blocked: int = 0) -> None:
        """As many workers more are at work, as many more blocked."""
        now = self._now()
        self._busy += self.running * (now - self._changed)
        self._changed = now
        self.running += running
        self.blocked += blocked

    @property
    def busy_seconds(self) -> float:
        """Seconds at work up to now, added up over the workers."""
        return self._busy + self.running * max(0.0, self._now() - self._changed)
