"""`Series`: the last minute of a job, a processor or a whole run, one point per second."""

from __future__ import annotations

from collections import deque
from itertools import pairwise

WINDOW = 60
"""Seconds that are kept."""


class Series:
    """Finished per second; times are those of the snapshots."""

    def __init__(self) -> None:
        """Start empty."""
        self._points: deque[tuple[int, int]] = deque(maxlen=WINDOW + 2)

    def add(self, at: float, done: int) -> None:
        """Take one sample: finished until now; the last of a second stands for it."""
        second = int(at)
        if self._points and done < self._points[-1][1]:  # the flow began again
            self._points.clear()
        if self._points and self._points[-1][0] == second:
            self._points.pop()
        self._points.append((second, done))

    @property
    def rate(self) -> float:
        """Finished per second, in the last whole second."""
        rates = self.rates()
        return rates[-1] if rates else 0.0

    def rates(self) -> list[float]:
        """Finished per second, oldest first, the newest whole second last."""
        rates: list[float] = []
        points = list(self._points)[:-1]  # the second that goes on would look like a drop
        for (before, done), (after, more) in pairwise(points):
            rates += [round((more - done) / (after - before), 2)] * (after - before)
        return rates[-WINDOW:]
