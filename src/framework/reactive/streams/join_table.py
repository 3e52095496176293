"""`JoinTable`: artifacts of a rendezvous that wait for their partners, by key and side."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Mapping
from itertools import islice
from typing import Any, Literal, NamedTuple, get_args

from framework.errors import BuildError, OptionError
from framework.observe.text import short_repr
from framework.reactive.building.origin import Origin

DuplicatePolicy = Literal["queue", "first", "last", "refuse"]
"""What becomes of an artifact whose key waits already on the same side: both are kept for partners of their own
(`queue`), the `first` or the `last` is kept, or the second is a failure (`refuse`)."""


class Arrived(NamedTuple):
    """An artifact that waits for its partners, and where it comes from."""

    artifact: Any
    origins: tuple[Origin, ...]


Sides = tuple[deque[Arrived], ...]
"""The artifacts of one key that wait, a queue for each side."""


class JoinTable:
    """Artifacts by key and side; one of each side of a key are taken out together."""

    def __init__(self, sides: int, duplicates: DuplicatePolicy) -> None:
        if duplicates not in get_args(DuplicatePolicy):
            names = ", ".join(map(repr, get_args(DuplicatePolicy)))
            raise OptionError(f"duplicate_policy is one of {names}, got {duplicates!r}")
        self._sides = sides
        self._duplicates = duplicates
        self._table: dict[Hashable, Sides] = {}

    def __len__(self) -> int:
        return len(self._table)

    def add(self, side: int, key: Hashable, arrived: Arrived) -> tuple[Arrived, ...] | None:
        """Keep an artifact; return one of each side if that completes its key; raises BuildError."""
        sides = self._table.get(key)
        if sides is None:
            sides = self._table[key] = tuple(deque() for _ in range(self._sides))
        self._keep(sides[side], key, arrived)
        if not all(sides):
            return None
        together = tuple(queue.popleft() for queue in sides)
        if not any(sides):
            del self._table[key]
        return together

    def _keep(self, queue: deque[Arrived], key: Hashable, arrived: Arrived) -> None:
        if queue and self._duplicates == "refuse":
            raise BuildError(
                f"the key {key!r} of {short_repr(arrived.artifact, 80)} waits for its partners already: make keys "
                "unique, or choose another duplicate_policy"
            )
        if queue and self._duplicates == "last":
            queue.clear()
        if not queue or self._duplicates == "queue":
            queue.append(arrived)

    def remove_oldest(self, count: int) -> list[tuple[Hashable, Sides]]:
        """Remove so many keys, and return them with their artifacts."""
        return [(key, self._table.pop(key)) for key in [*islice(self._table, count)]]

    def waiting(self) -> Iterable[tuple[Hashable, Sides]]:
        """Keys and their artifacts by side, oldest first."""
        return tuple(self._table.items())

    def by_normal_form(self) -> Mapping[str, list[tuple[Hashable, Sides]]]:
        """Return what waits, grouped by the normal form of the keys: that of 17 and '17' is the same."""
        groups: dict[str, list[tuple[Hashable, Sides]]] = {}
        for key, sides in self.waiting():
            groups.setdefault(normal_form(key), []).append((key, sides))
        return groups


def normal_form(key: Hashable) -> str:
    """Return a key as text, without its type, case and outer white space."""
    return str(key).strip().casefold()
