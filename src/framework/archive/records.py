"""`Records`: the records of one archive as they lie in the database. Bytes only; `stored` makes values of them.

Three kinds of rows, each with the archive's id behind the letter::

    I id key       -> position             where the record of a key is
    R id position  -> signature key value  the record; positions count up in the order of first writing
    D id           -> signature next deleted

A put writes I and R in one batch. The number of records needs no counter of its own: it is the next position minus
the number of deleted ones, and only a delete writes D.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from framework.archive.rows import Rows, after
from framework.archive.trust import Seal
from framework.errors import WorkspaceDamaged

if TYPE_CHECKING:
    from rocksdict import WriteBatch

ID_BYTES = 8
PAGE = 2048
"""Rows read at a time: no RocksDB iterator stays open between two of them, which would keep the store locked."""

_POSITION = struct.Struct(">Q")
_COUNTS = struct.Struct(">QQ")
_KEY_LENGTH = struct.Struct("<I")
_key_length, _pack_key_length = _KEY_LENGTH.unpack_from, _KEY_LENGTH.pack
_record = tuple.__new__  # a third of the time of calling a NamedTuple, once per record read
_COUNTS_PLACE = b"counts"


class Counts(NamedTuple):
    """The next free position, and how many positions before it are deleted."""

    next: int
    deleted: int

    @property
    def records(self) -> int:
        """The number of records."""
        return self.next - self.deleted


class Record(NamedTuple):
    """A verified record: where it stands, its key and its value, all as bytes."""

    position: bytes
    key: bytes
    value: bytes


class Records:
    """The rows of one archive."""

    def __init__(self, uid: bytes, seal: Seal) -> None:
        self._seal = seal
        self._index = b"I" + uid
        self._records = b"R" + uid
        self._counts = b"D" + uid

    def place(self, index_key: bytes) -> bytes:
        """The key of the row that says where a record is."""
        return self._index + index_key

    def read(self, rows: Rows, position: bytes) -> Record:
        """The record at a position that the index names.

        Raises:
            WorkspaceDamaged: there is none.
            UntrustedWorkspace: it is not signed for that place.
        """
        record = rows.get(self._records + position)
        if record is None:
            raise WorkspaceDamaged(_LOST.format("a record that the index names is missing"))
        return self._opened(position, record)

    def record(self, position: bytes, key: bytes, value: bytes) -> tuple[bytes, bytes]:
        """The row of a record, signed."""
        body = b"".join((_pack_key_length(len(key)), key, value))
        return self._records + position, self._seal.sign(position, body) + body

    def delete(self, batch: WriteBatch, place: bytes, position: bytes, counts: Counts) -> None:
        """Delete a record; `counts` are those afterwards."""
        batch.delete(place)
        batch.delete(self._records + position)
        self._count(batch, counts)

    def clear(self, batch: WriteBatch, counts: Counts) -> None:
        """Delete all records; `counts` are those afterwards."""
        for prefix in (self._index, self._records):
            batch.delete_range(prefix, after(prefix))
        self._count(batch, counts)

    def drop(self, batch: WriteBatch) -> None:
        """Delete everything, the counts as well."""
        for prefix in (self._index, self._records):
            batch.delete_range(prefix, after(prefix))
        batch.delete(self._counts)

    def counts(self, rows: Rows) -> Counts:
        """How many records there are and were."""
        kept = rows.get(self._counts)
        next_position, deleted = _COUNTS.unpack(self._seal.verify(_COUNTS_PLACE, kept)) if kept else (0, 0)
        last = rows.last(self._records)
        if last is not None:
            next_position = max(next_position, unpack_position(last[-_POSITION.size :]) + 1)
        return Counts(next_position, deleted)

    def page(self, rows: Rows, start: int) -> list[Record]:
        """The next records from a position on, `PAGE` at most; empty at the end."""
        skip = len(self._records)
        opened = self._opened
        found = rows.scan(self._records + pack_position(start), self._records, PAGE)
        return [opened(key[skip:], record) for key, record in found]

    def _opened(self, position: bytes, record: bytes) -> Record:
        body = self._seal.verify(position, record)
        value = 4 + _key_length(body)[0]
        return _record(Record, (position, body[4:value], body[value:]))

    def _count(self, batch: WriteBatch, counts: Counts) -> None:
        body = _COUNTS.pack(*counts)
        batch.put(self._counts, self._seal.sign(_COUNTS_PLACE, body) + body)


_LOST = "{}: the store is damaged. Restore the workspace from a copy, or move it away to compute everything again"


def lost(what: str) -> WorkspaceDamaged:
    """The error for records that should be there."""
    return WorkspaceDamaged(_LOST.format(what))


pack_position: Callable[[int], bytes] = _POSITION.pack
"""A position as bytes that sort as it does."""


def unpack_position(position: bytes) -> int:
    """The position of such bytes."""
    number: int = _POSITION.unpack(position)[0]
    return number
