"""`Pace`: how many calls a second, over all workers of a job."""

from __future__ import annotations

import math

from framework.flow.clock import Clock, sleep


class Pace:
    """Lets calls through evenly, `rate` per second, in the order they came; knows who waits for that."""

    def __init__(self, rate: float, clock: Clock) -> None:
        """Let the first call through at once."""
        self._interval = 1 / rate
        self._clock = clock
        self._next = -math.inf
        self._since: list[float] = []
        self._waited = 0.0

    async def turn(self) -> None:
        """Wait for the next free moment."""
        now = self._clock.now()
        mine = max(now, self._next)
        self._next = mine + self._interval
        if mine <= now:
            return
        self._since.append(now)
        try:
            await sleep(self._clock, mine - now)
        finally:
            self._since.remove(now)
            self._waited += self._clock.now() - now

    @property
    def waiting(self) -> int:
        """How many calls wait for their turn."""
        return len(self._since)

    @property
    def waited(self) -> float:
        """Seconds that calls have waited for their turn up to now, added up."""
        since = tuple(self._since)  # in one step: a widget may ask from another thread
        now = self._clock.now() if since else 0.0
        return self._waited + sum(now - began for began in since)
