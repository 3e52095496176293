"""`SeededScheduler`: the same mailboxes on one thread, in an order that a seed decides."""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Iterable
from typing import Any

from framework.core.event import Event
from framework.core.mailboxes.inbox import Inbox
from framework.core.mailboxes.loop import LoopThread
from framework.core.scheduling.delivery import deliver_next
from framework.core.scheduling.scheduler import Scheduler


class SeededScheduler(Scheduler):
    """Simulation: one thread, the caller's; a seeded choice among the ready mailboxes of the best priority.

    The same seed gives the same trace, so that a schedule that shows a bug can be run again.
    """

    has_threads = False

    def __init__(self, *args: Any, seed: int, **kwargs: Any) -> None:
        """Choose as `seed` decides; the other arguments are those of `Scheduler`."""
        super().__init__(*args, **kwargs)
        self._random = random.Random(seed)  # noqa: S311 - a schedule is no secret
        self._thread: int | None = None
        self.loop = LoopThread("simulation", sequential=True)
        self.await_processes()

    def next_ready(self) -> Inbox | None:
        """Take one of the ready mailboxes of the best priority."""
        for level in self.levels:
            if level:
                level.rotate(-self._random.randrange(len(level)))
                return level.popleft()
        return None

    def post(self, event: Event, inboxes: Iterable[Inbox]) -> None:
        """Put an event into mailboxes, and wake the one thread if it waits for holds."""
        with self.quiet:
            super().post(event, inboxes)
            self.quiet.notify_all()

    def drain(self, until: float | None = None) -> bool:
        """Deliver one event at a time on this thread until everything is quiet."""
        self._thread = threading.get_ident()
        try:
            while not self.halted:
                left = min(self._give_up_at, math.inf if until is None else until) - time.monotonic()
                if left <= 0:
                    return False
                if deliver_next(self) is not None:
                    continue
                with self.quiet:
                    if any(self.levels) or self.halted or (not self.holds and self.force_deferred()):
                        continue
                    if not self.holds:
                        return True
                    self._wait_for_change(left, only_holds=True)
            return False
        finally:
            self._thread = None

    def wake(self) -> None:
        """Do nothing: there are no parked workers; the one thread looks for ready mailboxes."""

    def is_worker(self) -> bool:
        """Whether this is the thread of the simulation."""
        return threading.get_ident() == self._thread

    def close(self, *, at_once: bool = False) -> None:
        """End the event loop; the thread is the caller's."""
        self.loop.close(at_once=at_once)
