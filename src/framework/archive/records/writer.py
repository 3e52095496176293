"""`ArchiveWriter`: writes one archive; shared by all sessions of the process."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol

from framework.archive.engine.database import Database
from framework.archive.engine.refusals import lost
from framework.archive.records.keys import index_of
from framework.archive.records.read_ahead import ReadAhead
from framework.archive.records.records import RecordCounts, Records, pack_position
from framework.errors import ArchiveError, UntrustedWorkspace

if TYPE_CHECKING:
    from rocksdict import WriteBatch

WRITTEN_TOGETHER = 512
"""Records written together when many are given at once."""


class Holder(Protocol):
    """Claims an archive: a session."""

    owner: str

    @property
    def busy(self) -> bool:
        """Return whether it keeps others from writing."""


class ArchiveWriter:
    """Puts and deletes, one batch each: a record and its place in the index appear together or not at all."""

    def __init__(self, database: Database, uid: bytes, records: Records, signed: Records) -> None:
        """Write to the archive with that id; `records` are its rows, `signed` the same without trust."""
        self.database = database
        self.uid = uid
        self._records = records
        self._signed = signed
        self._next, self._deleted = records.counts(database.rows)
        self._keys: list[bytes] = []
        self._values: list[bytes] = []  # of the last records, which will make a page
        self.usable = True
        """Whether the store is open and the archive still there."""
        self.ahead = ReadAhead(), ReadAhead()
        """What readers without and with trust have read ahead."""
        self.holder: Callable[[], Holder | None] = lambda: None
        """The session that claimed it, as a weak reference: an abandoned pipeline holds nothing."""

    def put(self, index: bytes, key: bytes, value: bytes) -> None:
        """Write one record; it outlives a kill when this returns."""
        database, records = self.database, self._records
        with database.lock:
            if not self.usable:
                self._check()
            place = records.place(index)
            position = database.rows.get(place)
            if position is not None:
                self._check_place(position, index, key)
                self._replace(position, key, value)
                return
            position = pack_position(self._next)
            row, record = records.record(position, key, value)
            database.keep(place, position, row, record)
            self._next += 1
            self._keys.append(key)
            self._values.append(value)

    def put_all(self, records: Iterable[tuple[bytes, bytes, bytes]]) -> None:
        """Write records in one batch; later ones win."""
        database, own = self.database, self._records
        with database.lock:
            self._check()
            placed: dict[bytes, bytes] = {}
            fresh: dict[bytes, tuple[bytes, bytes]] = {}
            batch, following = database.batch(), self._next
            for index, key, value in records:
                place = own.place(index)
                position = placed.get(place) or database.rows.get(place)
                if position is None:
                    position = placed[place] = pack_position(following)
                    following += 1
                    batch.put(place, position)
                if place in placed:
                    fresh[position] = key, value
                else:
                    self._check_place(position, index, key)
                    own.unpage(batch, database.rows, position)
                batch.put(*own.record(position, key, value))
            page = own.page(self._next, *map(list, zip(*fresh.values(), strict=True))) if fresh else None
            if page:
                batch.put(*page)
            self._change(batch)
            self._next = following

    def page(self, batch: WriteBatch) -> None:
        """Write the page of the records that are being flushed."""
        page = self._records.page(self._next - len(self._keys), self._keys, self._values)
        if page:
            batch.put(*page)

    def paged(self) -> None:
        """They were flushed: begin another page."""
        self._keys.clear()
        self._values.clear()

    def recount(self) -> None:
        """Count the records again: a write that was said to have failed did not."""
        self._next, self._deleted = self._records.counts(self.database.rows)
        self.ahead = ReadAhead(), ReadAhead()
        self.paged()

    def _replace(self, position: bytes, key: bytes, value: bytes) -> None:
        batch = self.database.batch()
        self._records.unpage(batch, self.database.rows, position)
        batch.put(*self._records.record(position, key, value))
        self._change(batch)

    def delete(self, index: bytes) -> bool:
        """Delete one record; False if there is none."""
        with self.database.lock:
            self._check()
            place = self._records.place(index)
            position = self.database.rows.get(place)
            if position is None:
                return False
            self._check_place(position, index)
            batch = self.database.batch()
            self._records.unpage(batch, self.database.rows, position)
            self._records.delete(batch, place, position, RecordCounts(self._next, self._deleted + 1))
            self._change(batch)
            self._deleted += 1
            return True

    def clear(self) -> None:
        """Delete all records."""
        with self.database.lock:
            self._check()
            batch = self.database.batch()
            self._records.clear(batch, RecordCounts(self._next, self._next))
            self._change(batch)
            self._deleted = self._next

    def __len__(self) -> int:
        return self._next - self._deleted

    @property
    def taken(self) -> bool:
        """Return whether a busy session writes to it."""
        holder = self.holder()
        return holder is not None and holder.busy

    def retire(self) -> None:
        """Refuse from now on: the archive was pruned, or the store was closed."""
        self.usable = False
        self.ahead = ReadAhead(), ReadAhead()

    def _change(self, batch: WriteBatch) -> None:
        """Write changes of records that are there, after which nothing counts that was read ahead before."""
        try:
            self.database.write(batch)
        finally:
            self.ahead = ReadAhead(), ReadAhead()
        self.database.touched.add(self.uid)

    def _check_place(self, position: bytes, index: bytes, key: bytes | None = None) -> None:
        """Raise WorkspaceDamaged where the index, which is not signed, gives the place of another key's record."""
        found = self._records.read(self.database.rows, position).key
        if found in {key, index}:
            return
        try:
            # Equal keys may have different pickles; this one is looked into only if it was signed here.
            found = self._signed.read(self.database.rows, position).key
        except UntrustedWorkspace:
            return  # a session that trusts the workspace has opened it
        if index_of(found) != index:
            raise lost("the index names a record of another key")

    def _check(self) -> None:
        if not self.usable:
            self.database.open()  # raises if it was closed
            raise ArchiveError("the archive was pruned; open it again")
