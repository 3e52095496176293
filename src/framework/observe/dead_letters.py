"""Dead letters: events without recipients, and deliveries that no `case` took, counted by class and name."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from framework.observe.frozen import event_text, frozen_attributes

EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """The dead letters of one event class, name and reason: how many, and the first of them as text."""

    kind: str
    name: str | None
    reason: str
    count: int
    examples: tuple[str, ...]

    def __str__(self) -> str:
        """One line."""
        return f"{self.count:,} x {self.kind} {self.name!r}: {self.reason}, first {self.examples[0]}"


class DeadLetterCount(int):
    """How many dead letters a run had; iterates over them by class, name and reason."""

    rows: tuple[DeadLetter, ...]

    def __new__(cls, rows: tuple[DeadLetter, ...] = ()) -> Self:
        """Count the letters of all rows."""
        self = super().__new__(cls, sum(row.count for row in rows))
        self.rows = rows
        return self

    def __iter__(self) -> Iterator[DeadLetter]:
        """Each kind of dead letter, in the order of their first."""
        return iter(self.rows)


class DeadLetters:
    """Counts dead letters, from any thread."""

    def __init__(self) -> None:
        """Start with none."""
        self._rows: dict[tuple[str, str | None, str], tuple[int, tuple[str, ...]]] = {}
        self._lock = threading.Lock()  # contended only where many letters are dead

    def add(self, event: Any, reason: str = "no processor receives it") -> None:
        """Count one; the first few of its kind are kept as text."""
        key = type(event).__name__, event.name, reason
        with self._lock:
            count, examples = self._rows.get(key, (0, ()))
            if count < EXAMPLES:
                examples = (*examples, event_text(key[0], frozen_attributes(event.__dict__)))
            self._rows[key] = count + 1, examples

    def count(self) -> DeadLetterCount:
        """Return what was counted until now."""
        with self._lock:
            return DeadLetterCount(tuple(DeadLetter(*key, *found) for key, found in self._rows.items()))
