"""`Series`: how fast a job, a processor or a whole run was, over the last minute or over a run of any length."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque

WINDOW = 60.0
"""Seconds that are kept."""
BUCKETS = 60
"""Points of a chart, at most."""
FINEST = 0.1
"""Seconds of a point, at least."""
RECENT = 1.0
"""Seconds over which the rate of now is taken."""


class Series:
    """Samples of a count that grows; times are those of the snapshots, in seconds."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()

    def add(self, at: float, done: int) -> None:
        """Take one sample: finished until now. A count that is smaller than before begins a new run."""
        if self._samples and done < self._samples[-1][1]:
            self._samples.clear()
        self._samples.append((at, done))
        while self._samples[0][0] < at - WINDOW - RECENT:
            self._samples.popleft()

    @property
    def span(self) -> float:
        """Return the seconds that the chart covers."""
        return min(WINDOW, self._samples[-1][0] - self._samples[0][0]) if self._samples else 0.0

    @property
    def rate(self) -> float:
        """Return what was finished per second in the last second, or since the start of a shorter run."""
        seconds = min(RECENT, self.span)
        return self._finished(seconds, 0.0) / seconds if seconds else 0.0

    def rates(self) -> list[float]:
        """Return what was finished per second, oldest first, in at most `BUCKETS` equal parts of the span."""
        span = self.span
        count = min(BUCKETS, int(span / FINEST))
        if not count:
            return []
        width = span / count
        return [round(self._finished(span - n * width, span - (n + 1) * width) / width, 2) for n in range(count)]

    def _finished(self, since: float, until: float) -> float:
        """Return what was finished between two times, in seconds before the last sample."""
        return self._at(until) - self._at(since)

    def _at(self, ago: float) -> float:
        at = self._samples[-1][0] - ago
        place = bisect_left(self._samples, (at, -1))
        if place == 0:
            return self._samples[0][1]
        if place == len(self._samples):
            return self._samples[-1][1]
        (before, done), (after, more) = self._samples[place - 1], self._samples[place]
        return done + (more - done) * (at - before) / (after - before)
