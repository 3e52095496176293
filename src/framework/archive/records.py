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
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from framework.archive.trust import Seal
from framework.errors import WorkspaceDamaged

if TYPE_CHECKING:
    from rocksdict import Rdict, ReadOptions, WriteBatch

ID_BYTES = 8
PAGE = 2048
"""Rows read at a time: no RocksDB iterator stays open between two of them, which would keep the store locked."""

_POSITION = struct.Struct(">Q")
_COUNTS = struct.Struct(">QQ")
_KEY_LENGTH = struct.Struct("<I")
_key_length = _KEY_LENGTH.unpack_from
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
        self.index = b"I" + uid
        self._rows = b"R" + uid
        self._counts = b"D" + uid

    def position(self, db: Rdict, index_key: bytes) -> bytes | None:
        """Where the record of a key is, None if there is none."""
        found: bytes | None = db.get(self.index + index_key)
        return found

    def read(self, db: Rdict, position: bytes) -> Record:
        """The record at a position that the index names.

        Raises:
            WorkspaceDamaged: there is none.
            UntrustedWorkspace: it is not signed for that place.
        """
        record = db.get(self._rows + position)
        if record is None:
            raise WorkspaceDamaged(_LOST.format("a record that the index names is missing"))
        return self._opened(position, record)

    def put(self, batch: WriteBatch, position: bytes, key: bytes, value: bytes) -> None:
        """Write a record, new or again."""
        body = b"".join((_KEY_LENGTH.pack(len(key)), key, value))
        batch.put(self._rows + position, self._seal.sign(position, body) + body)

    def delete(self, batch: WriteBatch, index_key: bytes, position: bytes, counts: Counts) -> None:
        """Delete a record; `counts` are those afterwards."""
        batch.delete(self.index + index_key)
        batch.delete(self._rows + position)
        self._count(batch, counts)

    def clear(self, batch: WriteBatch, counts: Counts) -> None:
        """Delete all records; `counts` are those afterwards."""
        for prefix in (self.index, self._rows):
            batch.delete_range(prefix, _after(prefix))
        self._count(batch, counts)

    def drop(self, batch: WriteBatch) -> None:
        """Delete everything, the counts as well."""
        for prefix in (self.index, self._rows):
            batch.delete_range(prefix, _after(prefix))
        batch.delete(self._counts)

    def counts(self, db: Rdict) -> Counts:
        """How many records there are and were."""
        kept = db.get(self._counts)
        next_position, deleted = _COUNTS.unpack(self._seal.verify(_COUNTS_PLACE, kept)) if kept else (0, 0)
        last = _last_key(db, self._rows)
        if last is not None:
            next_position = max(next_position, unpack_position(last[-_POSITION.size :]) + 1)
        return Counts(next_position, deleted)

    def page(self, db: Rdict, start: int) -> list[Record]:
        """The next records from a position on, `PAGE` at most; empty at the end."""
        first = self._rows + pack_position(start)
        skip = len(self._rows)
        opened = self._opened
        rows = _scan(db, first, self._rows, PAGE)
        return [opened(key[skip:], record) for key, record in rows]

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


def pack_position(position: int) -> bytes:
    """A position as bytes that sort as it does."""
    return _POSITION.pack(position)


def unpack_position(position: bytes) -> int:
    """The position of such bytes."""
    number: int = _POSITION.unpack(position)[0]
    return number


def rows_with(db: Rdict, prefix: bytes) -> list[tuple[bytes, bytes]]:
    """All rows whose key starts so."""
    return _scan(db, prefix, prefix, None)


def _scan(db: Rdict, first: bytes, prefix: bytes, limit: int | None) -> list[tuple[bytes, bytes]]:
    # rocksdict's iterators point into the options and do not keep them: they must live as long as the iteration.
    options = _until(prefix)
    found: Any = db.items(from_key=first, read_opt=options)
    rows: list[tuple[bytes, bytes]] = [*islice(found, limit)]
    if limit is None or len(rows) < limit:  # the end, or an iterator that met a damaged block and stopped silently
        walker = db.iter(options)
        walker.seek(rows[-1][0] if rows else first)
        if rows and walker.valid():
            walker.next()
        walker.status()  # raises what the iterator met
    del found, options
    return rows


def _until(prefix: bytes) -> ReadOptions:
    from rocksdict import ReadOptions

    options = ReadOptions()
    options.set_iterate_upper_bound(_after(prefix))
    return options


def _after(prefix: bytes) -> bytes:
    """The first key behind all that start so."""
    number = int.from_bytes(prefix, "big") + 1
    return number.to_bytes(len(prefix), "big")


def _last_key(db: Rdict, prefix: bytes) -> bytes | None:
    options = _until(prefix)  # kept for as long as the walker, as in _scan
    walker = db.iter(options)
    walker.seek_for_prev(_after(prefix))
    walker.status()
    key: bytes = walker.key() if walker.valid() else b""
    del walker, options
    return key if key.startswith(prefix) else None
