"""Waits that Ctrl-C ends: a thread that may be the main one waits in short pieces.

Python overlooks a Ctrl-C that comes just as a wait begins until that wait is over. A free-threaded Python spins for
milliseconds before it waits, so the first pieces are the shortest.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, wait
from typing import Any

FIRST, LONGEST = 0.01, 0.5  # seconds


def pauses() -> Iterator[float]:
    """Yield the seconds of one piece after the other."""
    pause = FIRST
    while True:
        yield pause
        pause = min(2 * pause, LONGEST)


def wait_for(future: Future[Any]) -> None:
    """Wait until a future is done."""
    for pause in pauses():
        if wait([future], pause).done:
            return
