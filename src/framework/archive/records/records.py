"""`Records`: the rows of one archive in the database. Bytes only; `stored` makes values of them.

Four kinds of rows, each with the archive's id behind the letter::

    I id key       -> position               where the record of a key is
    R id position  -> signature key value    the record; positions count up in the order of first writing
    P id position  -> signature keys values  small records from there on that were written together, once more
    D id           -> signature next deleted

A put writes I and R together. The number of records needs no counter of its own: it is the next position minus the
number of deleted ones, and only a delete writes D.

Reading everything reads pages: one signature is verified for hundreds of records. A page is a copy: writing to one
of its records or deleting one deletes it in the same batch, and the records are then read one by one.
"""

from __future__ import annotations

import pickle
import struct
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from framework.archive.engine.refusals import lost
from framework.archive.engine.rows import Rows, after
from framework.archive.records.trust import Seal

if TYPE_CHECKING:
    from rocksdict import WriteBatch

SCANNED = 2048
"""Rows read at a time: no RocksDB iterator stays open between two of them, which would keep the store locked."""
PAGES = 4
"""Pages read at a time."""
PAGE_RECORDS, PAGE_BYTES = 8, 256 << 10
"""The fewest records of a page, and the most that it may hold: larger ones are not kept twice."""

_POSITION = struct.Struct(">Q")
_COUNTS = struct.Struct(">QQ")
_KEY_LENGTH = struct.Struct("<I")
_key_length, _pack_key_length = _KEY_LENGTH.unpack_from, _KEY_LENGTH.pack
_record = tuple.__new__  # half the time of calling a NamedTuple, once per record read


class RecordCounts(NamedTuple):
    """The next free position, and how many positions before it are deleted."""

    next: int
    deleted: int

    @property
    def records(self) -> int:
        """Return the number of records."""
        return self.next - self.deleted


class Record(NamedTuple):
    """A verified record: where it stands, its key and its value, all as bytes."""

    position: bytes
    key: bytes
    value: bytes


class RecordSpan(NamedTuple):
    """Verified keys and values one after another, and the position behind them."""

    keys: Sequence[bytes]
    values: Sequence[bytes]
    end: int


class Records:
    """The rows of one archive."""

    def __init__(self, uid: bytes, seal: Seal) -> None:
        self._seal = seal
        # A place of one kind with the start of a body could look like a place of another.
        self._page_seal, self._count_seal = seal.apart(b"page"), seal.apart(b"count")
        self._index = b"I" + uid
        self._records = b"R" + uid
        self._pages = b"P" + uid
        self._counts = b"D" + uid

    def place(self, index_key: bytes) -> bytes:
        """Return the key of the row that says where a record is."""
        return self._index + index_key

    def find(self, rows: Rows, index_key: bytes) -> Record | None:
        """Return the record of a key, if there is one; raises WorkspaceDamaged or UntrustedWorkspace."""
        place = self.place(index_key)
        return self._named(rows, lambda: rows.get(place))

    def read(self, rows: Rows, position: bytes) -> Record:
        """Return the record at a position that the index names; raises WorkspaceDamaged or UntrustedWorkspace."""
        record = self._named(rows, lambda: position)
        assert record is not None  # noqa: S101 - the position stays the same
        return record

    def _named(self, rows: Rows, look: Callable[[], bytes | None]) -> Record | None:
        """Return the record at the position that a look gives, if it gives one.

        Both may be deleted after the look: then another look gives none, or another position, as none is used twice.
        """
        position = look()
        while position is not None:
            record = rows.get(self._records + position)
            if record is not None:
                return self._opened(position, record)
            before, position = position, look()
            if position == before:
                raise lost("a record that the index names is missing")
        return None

    def record(self, position: bytes, key: bytes, value: bytes) -> tuple[bytes, bytes]:
        """Return the row of a record, signed."""
        body = b"".join((_pack_key_length(len(key)), key, value))
        return self._records + position, self._seal.sign(position, body) + body

    def page(self, first: int, keys: list[bytes], values: list[bytes]) -> tuple[bytes, bytes] | None:
        """Return the row of a page; None for records that are not worth one."""
        if len(keys) < PAGE_RECORDS or sum(map(len, keys)) + sum(map(len, values)) > PAGE_BYTES:
            return None
        position = pack_position(first)
        body = pickle.dumps((keys, values), 5)
        return self._pages + position, self._page_seal.sign(position, body) + body

    def unpage(self, batch: WriteBatch, rows: Rows, position: bytes) -> None:
        """Delete the page that may hold a record."""
        page = rows.last(self._pages, self._pages + position)
        if page is not None:
            batch.delete(page)

    def delete(self, batch: WriteBatch, place: bytes, position: bytes, counts: RecordCounts) -> None:
        """Delete a record; `counts` are those afterwards."""
        batch.delete(place)
        batch.delete(self._records + position)
        self._count(batch, counts)

    def clear(self, batch: WriteBatch, counts: RecordCounts) -> None:
        """Delete all records; `counts` are those afterwards."""
        for prefix in (self._index, self._records, self._pages):
            batch.delete_range(prefix, after(prefix))
        self._count(batch, counts)

    def drop(self, batch: WriteBatch) -> None:
        """Delete everything, the counts as well."""
        for prefix in (self._index, self._records, self._pages):
            batch.delete_range(prefix, after(prefix))
        batch.delete(self._counts)

    def counts(self, rows: Rows) -> RecordCounts:
        """Return how many records there are and were."""
        kept = rows.get(self._counts)
        next_position, deleted = _COUNTS.unpack(self._count_seal.verify(b"", kept)) if kept else (0, 0)
        last = self._named(rows, lambda: self._last(rows))  # an unsigned record must not count
        if last is not None:
            next_position = max(next_position, unpack_position(last.position) + 1)
        return RecordCounts(next_position, deleted)

    def _last(self, rows: Rows) -> bytes | None:
        row = rows.last(self._records)
        return None if row is None else row[len(self._records) :]

    def size(self, rows: Rows) -> int:
        """Return the bytes of all rows, about what they take on disk."""
        total = 0
        for prefix in (self._index, self._records, self._pages):
            first = prefix
            while part := rows.scan(first, prefix, SCANNED):
                total += sum(len(key) + len(value) for key, value in part)
                first = part[-1][0] + b"\0"
        return total

    def run(self, rows: Rows, start: int) -> RecordSpan:
        """Return the next records from a position on, in pages as far as there are some; empty at the end."""
        pages = rows.scan(self._pages + pack_position(start), self._pages, PAGES)
        first = pages[0][0][len(self._pages) :] if pages else None
        if first != pack_position(start):
            single = [record for record in self.scan(rows, start) if first is None or record.position < first]
            if single or first is None:
                return _run(single)
        return self._paged(pages)

    def page_with(self, rows: Rows, position: bytes) -> RecordSpan | None:
        """Return the page that holds the record at a position; None where no page does."""
        row = rows.written.last(self._pages, self._pages + position)
        page = None if row is None else rows.get(row)
        if row is None or page is None:
            return None
        span = self._paged([(row, page)])
        return span if unpack_position(position) < span.end else None

    def _paged(self, pages: list[tuple[bytes, bytes]]) -> RecordSpan:
        keys: list[bytes] = []
        values: list[bytes] = []
        end = None
        for row, page in pages:
            position = row[len(self._pages) :]
            if end is not None and unpack_position(position) != end:
                break
            body = self._page_seal.verify(position, page)
            some_keys, some_values = _page(body)
            keys += some_keys
            values += some_values
            end = unpack_position(position) + len(some_keys)
        return RecordSpan(keys, values, end or 0)

    def scan(self, rows: Rows, start: int) -> list[Record]:
        """Return the next records from a position on, one by one; empty at the end."""
        skip = len(self._records)
        opened = self._opened
        found = rows.scan(self._records + pack_position(start), self._records, SCANNED)
        return [opened(key[skip:], record) for key, record in found]

    def _opened(self, position: bytes, record: bytes) -> Record:
        body = self._seal.verify(position, record)
        try:
            value = 4 + _key_length(body)[0]
        except struct.error:  # only where everything is trusted
            raise lost("a record has no key") from None
        return _record(Record, (position, body[4:value], body[value:]))

    def _count(self, batch: WriteBatch, counts: RecordCounts) -> None:
        body = _COUNTS.pack(*counts)
        batch.put(self._counts, self._count_seal.sign(b"", body) + body)


def _page(body: bytes) -> tuple[list[bytes], list[bytes]]:
    try:
        keys, values = pickle.loads(body)  # noqa: S301 - signed
    except Exception as error:  # only where everything is trusted
        raise lost(f"a page of records cannot be read ({type(error).__name__})") from error
    return keys, values


def _run(records: list[Record]) -> RecordSpan:
    end = unpack_position(records[-1].position) + 1 if records else 0
    return RecordSpan([record.key for record in records], [record.value for record in records], end)


pack_position: Callable[[int], bytes] = _POSITION.pack
"""A position as bytes that sort as it does."""


def unpack_position(position: bytes) -> int:
    """Return the position of such bytes; raises WorkspaceDamaged."""
    try:
        number: int = _POSITION.unpack(position)[0]
    except struct.error:
        raise lost("a record stands at no position") from None
    return number
