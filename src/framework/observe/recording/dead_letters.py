"""Dead letters: events without recipients, and deliveries that no `case` took, counted by class and name."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from framework.observe.recording.frozen import event_text, frozen_attributes, revived

EXAMPLES = 3
NO_RECIPIENT = "no processor receives it"


@dataclass(frozen=True, slots=True)
class DeadLetterKind:
    """The dead letters of one event class and name: how many, and the attributes of the first of them.

    `processor` is the one whose cases all let the event through, None if there was no recipient.
    """

    cls: type
    name: str | None
    processor: str | None
    count: int
    attributes: tuple[dict[str, Any], ...]

    @property
    def kind(self) -> str:
        """The name of the class."""
        return self.cls.__name__

    @property
    def reason(self) -> str:
        """Why it is dead."""
        return NO_RECIPIENT if self.processor is None else f"no case of {self.processor} takes it"

    @property
    def examples(self) -> tuple[str, ...]:
        """The first of them as text."""
        return tuple(event_text(self.kind, attributes) for attributes in self.attributes)

    @property
    def event(self) -> Any:
        """The first of them again; None if it had values that were not kept."""
        return revived(self.cls, self.attributes[0])

    def __str__(self) -> str:
        return f"{self.count:,} x {self.kind} {self.name!r}: {self.reason}, first {self.examples[0]}"


class DeadLetterCount(int):
    """How many dead letters a run had; iterates over them by class, name and processor."""

    rows: tuple[DeadLetterKind, ...]

    def __new__(cls, rows: tuple[DeadLetterKind, ...] = ()) -> Self:
        """Count the letters of all rows."""
        self = super().__new__(cls, sum(row.count for row in rows))
        self.rows = rows
        return self

    def __iter__(self) -> Iterator[DeadLetterKind]:
        return iter(self.rows)


class DeadLetters:
    """Counts dead letters, from any thread."""

    def __init__(self) -> None:
        self._rows: dict[tuple[type, str | None, str | None], tuple[int, tuple[dict[str, Any], ...]]] = {}
        self._lock = threading.Lock()  # contended only where many letters are dead

    def add(self, event: Any, processor: str | None = None) -> None:
        """Count one, of the processor whose cases let it through; the first few of its kind are kept."""
        key = type(event), event.name, processor
        with self._lock:
            count, examples = self._rows.get(key, (0, ()))
            if count < EXAMPLES:
                examples = (*examples, frozen_attributes(event.__dict__))
            self._rows[key] = count + 1, examples

    def count(self) -> DeadLetterCount:
        """Return what was counted until now."""
        with self._lock:
            return DeadLetterCount(tuple(DeadLetterKind(*key, *found) for key, found in self._rows.items()))
