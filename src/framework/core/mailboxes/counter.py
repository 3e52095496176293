"""A counter that several threads share."""

from __future__ import annotations

import threading


class Tally:
    """Counts calls, from any thread: `tally()` adds one. For rare things; a lock per event would cost too much."""

    def __init__(self) -> None:
        """Start at 0."""
        self.count = 0
        self._lock = threading.Lock()

    def __call__(self) -> None:
        """Add one."""
        with self._lock:
            self.count += 1
