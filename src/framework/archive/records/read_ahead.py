"""`ReadAhead`: values that are read before they are asked for, where records are asked for as they were written."""

from __future__ import annotations

from framework.archive.engine.rows import Rows
from framework.archive.records.records import Records, unpack_position

STEADY = 8
"""So many records in a row are asked for about in the order of writing before a page is read: it costs as many."""
NEAR = 16
"""How far behind the last one the next of a row may be."""
PATIENCE = 64
"""So many records are asked for one by one, where they are in no page, before another page is looked for."""


class ReadAhead:
    """The values of one page by the bytes of their keys, each of them until it is asked for.

    A replay asks for records about as they were written. Reading them from pages, which a single signature and a single
    read cover, takes a third of the time. Any change of a record begins another read-ahead: what was read for this one
    is then never used. Threads may share one.
    """

    __slots__ = ("_last", "_look_at", "_patience", "_steady", "values")

    def __init__(self) -> None:
        self.values: dict[bytes, bytes] = {}
        self._last = 0
        self._steady = 0
        self._look_at = 0
        self._patience = PATIENCE

    def follow(self, rows: Rows, records: Records, position: bytes) -> None:
        """Take note of a record that was asked for, and read the page that it is in where more of it will be."""
        place = unpack_position(position)
        self._steady = self._steady + 1 if 0 < place - self._last <= NEAR else 0
        self._last = place
        if self._steady < STEADY:
            self._look_at = 0
            return
        if place < self._look_at:
            return
        page = records.page_with(rows, position)
        if page is None:
            self._look_at = place + self._patience
            self._patience *= 2
            return
        if len(self.values) > len(page.keys) // 2:  # most of the page before was not asked for
            self._steady = 0
        rest = len(page.keys) - (page.end - place) + 1
        self.values = dict(zip(page.keys[rest:], page.values[rest:], strict=True))
        self._last, self._patience = page.end - 1, PATIENCE
