"""`ItemLog`: what became of the newest items in the jobs of a flow, written by its event loop, bounded by its size.

A run of values in one flat list, because an object per row would be visited by the garbage collector again and again.
`item_history` gives the values names when they are read.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import chain
from typing import Any

from framework.observe.recording.frozen import SCALARS
from framework.observe.recording.items.kept_item import Copy

ItemRow = tuple[Any, ...]
ROW = 9
"""How many values a row has: at, job, outcome, id of the item, the item as kept, what came of it, to which job,
seconds, special or None. What came of it is the id of the result where a job gets it, else the result as kept. Special
are attempts, why it was dropped or failed, and what was made of the item: an id for each that went to the same job,
else a pair of the job and the id."""
RUN = "run"
"""The outcome of the row with which a run begins."""
CHUNK = 512
ROW_BYTES = 260  # measured with tracemalloc: nine references, two ids, two times
INTEGER, COPY_BYTES, DICT_BYTES = 32, 80, 240


class ItemLog:
    """Rows in chunks, the oldest chunk dropped first.

    `write(values)` extends a list; `settle()` is called now and then, and closes a chunk that is full. Items are not
    kept alive: they are known by their `id`, which belongs to one at a time while it is in a queue.
    """

    __slots__ = ("_bytes", "_chunks", "_rows", "dropped", "max_bytes", "write")

    def __init__(self, max_bytes: float) -> None:
        self.max_bytes = max_bytes
        self.dropped = 0
        self._bytes = 0
        self._chunks: deque[tuple[list[Any], int]] = deque()
        self._renew()

    def _renew(self) -> None:
        self._rows: list[Any] = []
        self.write = self._rows.extend

    def settle(self) -> None:
        """Close the open chunk if it is full."""
        rows = self._rows
        if len(rows) < CHUNK * ROW:
            return
        weight = _weight(rows)
        self._chunks.append((rows, weight))
        self._bytes += weight
        self._renew()
        while self._bytes > self.max_bytes and len(self._chunks) > 1:
            dropped, weight = self._chunks.popleft()
            self._bytes -= weight
            self.dropped += len(dropped) // ROW

    def __len__(self) -> int:
        return sum(len(rows) for rows in self._parts()) // ROW

    def rows(self) -> Iterator[ItemRow]:
        """Iterate over all that is kept, in the order it was written."""
        return zip(*(chain.from_iterable(self._parts()),) * ROW, strict=False)

    def _parts(self) -> list[list[Any]]:
        return [*(rows for rows, _ in self._chunks.copy()), self._rows.copy()]


def _weight(rows: list[Any]) -> int:
    """Estimate bytes: a flat share for each row, and what is not a plain value in it."""
    total = ROW_BYTES * (len(rows) // ROW)
    for place in (4, 5, 8):
        values = rows[place::ROW]
        if not SCALARS.issuperset(map(type, values)):
            total += sum(_size(value) for value in values)
    return total


def _size(value: Any) -> int:
    kind = value.__class__
    if kind in SCALARS:
        return INTEGER
    if kind is Copy:
        return COPY_BYTES + _size(value.parts)
    if kind is dict:
        return DICT_BYTES + sum(map(_size, value.values()))
    size = int(value.__sizeof__()) if isinstance(value, str | bytes | list | tuple) else COPY_BYTES
    return size + (sum(map(_size, value)) if isinstance(value, list | tuple) else 0)
