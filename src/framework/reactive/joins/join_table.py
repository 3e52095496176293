"""`Meeting`: the table where a rendezvous keeps artifacts until their partners come."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Mapping
from itertools import islice
from typing import Any, Literal, get_args

from framework.errors import BuildError, OptionError
from framework.observe.text import short_repr

DuplicatePolicy = Literal["queue", "first", "last", "refuse"]
"""What becomes of an artifact whose key waits already on the same side: it `queue`s for a partner of its own, the
`first` stays, the `last` replaces it, or it is a failure."""

Seats = tuple[deque[Any], ...]


class Meeting:
    """Artifacts by key and side; those of all sides of a key leave together."""

    def __init__(self, sides: int, duplicates: DuplicatePolicy) -> None:
        """Begin with an empty table.

        Raises:
            OptionError: there is no such policy.
        """
        if duplicates not in get_args(DuplicatePolicy):
            names = ", ".join(map(repr, get_args(DuplicatePolicy)))
            raise OptionError(f"duplicate_policy is one of {names}, got {duplicates!r}")
        self._sides = sides
        self._duplicates = duplicates
        self._table: dict[Hashable, Seats] = {}

    def __len__(self) -> int:
        """How many keys wait."""
        return len(self._table)

    def arrive(self, side: int, key: Hashable, artifact: Any) -> tuple[Any, ...] | None:
        """Seat an artifact; returns all sides of its key if it was the last to come.

        Raises:
            BuildError: the key waits there already and duplicates are refused.
        """
        seats = self._table.get(key)
        if seats is None:
            seats = self._table[key] = tuple(deque() for _ in range(self._sides))
        self._seat(seats[side], key, artifact)
        if not all(seats):
            return None
        together = tuple(seat.popleft() for seat in seats)
        if not any(seats):
            del self._table[key]
        return together

    def _seat(self, seat: deque[Any], key: Hashable, artifact: Any) -> None:
        if seat and self._duplicates == "refuse":
            raise BuildError(
                f"the key {key!r} of {short_repr(artifact, 80)} waits for its partners already: make keys unique, "
                "or choose another duplicate_policy"
            )
        if seat and self._duplicates == "last":
            seat.clear()
        if not seat or self._duplicates == "queue":
            seat.append(artifact)

    def give_up(self, count: int) -> list[tuple[Hashable, Seats]]:
        """Remove the oldest keys."""
        return [(key, self._table.pop(key)) for key in [*islice(self._table, count)]]

    def waiting(self) -> Iterable[tuple[Hashable, Seats]]:
        """Keys and their artifacts by side, oldest first."""
        return tuple(self._table.items())

    def lookalikes(self) -> Mapping[str, list[tuple[Hashable, Seats]]]:
        """What waits, by how the keys look: 17 and '17' look alike."""
        alike: dict[str, list[tuple[Hashable, Seats]]] = {}
        for key, seats in self.waiting():
            alike.setdefault(looks(key), []).append((key, seats))
        return alike


def looks(key: Hashable) -> str:
    """A key as a careless reader sees it: without its type, case and outer white space."""
    return str(key).strip().casefold()
