"""`Pusher`: sends changes to the browser at most ten times a second, from a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

logger = logging.getLogger(__name__)

INTERVAL = 0.1
"""Seconds between two updates."""
SHARE = 0.05
"""Part of the time that making updates may take: a view of a thousand processors gets fewer than a small one."""


class Pusher:
    """Calls `push` soon after a `poke`; pokes in between count as one.

    It needs a thread, because a cell that computes keeps the event loop busy.
    """

    def __init__(self, push: Callable[[], object], interval: float = INTERVAL) -> None:
        self._push = push
        self._interval = interval
        self._news = threading.Event()
        self._closed = threading.Event()
        threading.Thread(target=self._work, name="framework-pusher", daemon=True).start()

    def poke(self) -> None:
        """Ask for a push; returns at once."""
        # Called for every happening of a watched run: reading the flag is cheaper than setting it.
        if not self._news.is_set():
            self._news.set()

    def close(self) -> None:
        """End pushing."""
        self._closed.set()
        self._news.set()

    def _work(self) -> None:
        while True:
            self._news.wait()
            if self._closed.is_set():
                return
            self._news.clear()
            started = time.perf_counter()
            try:
                self._push()
            except Exception:
                logger.exception("a view could not be updated and stays as it is")
                return
            took = time.perf_counter() - started
            self._closed.wait(max(self._interval, took / SHARE))
