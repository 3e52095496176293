"""`ArchiveWriter`: writes one archive; shared by everybody in the process who writes to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from framework.archive.records.catalog import records_of
from framework.archive.records.keys import index_of
from framework.archive.records.records import Counts, Records, lost, pack_position
from framework.errors import ArchiveError, UntrustedWorkspace

if TYPE_CHECKING:
    from rocksdict import WriteBatch

    from framework.archive.records.store import Store
    from framework.archive.session import Session


def _nobody() -> None:
    return None


BATCH = 512
"""Records written together when many are given at once."""


class ArchiveWriter:
    """Puts and deletes, one batch each: a record and its place in the index appear together or not at all."""

    def __init__(self, store: Store, uid: bytes, records: Records) -> None:
        self.store = store
        self.uid = uid
        self._records = records
        self._signed = records_of(uid, store.keyring, trust=False)
        self._next, self._deleted = records.counts(store.rows)
        self._keys: list[bytes] = []
        self._values: list[bytes] = []  # of the last records, which will make a page
        self.usable = True
        """Whether the store is open and the archive still there."""
        self.holder: Callable[[], Session | None] = _nobody
        """Who claimed it, as a weak reference: an abandoned pipeline holds nothing."""

    def put(self, index: bytes, key: bytes, value: bytes) -> None:
        """Write one record; it outlives a kill when this returns."""
        store, records = self.store, self._records
        with store.lock:
            if not self.usable:
                self._check()
            place = records.place(index)
            position = store.rows.get(place)
            if position is not None:
                self._check_place(position, index, key)
                self._replace(position, key, value)
                return
            position = pack_position(self._next)
            row, record = records.record(position, key, value)
            store.keep(place, position, row, record)
            self._next += 1
            self._keys.append(key)
            self._values.append(value)

    def put_all(self, records: Iterable[tuple[bytes, bytes, bytes]]) -> None:
        """Write records in one batch; later ones win."""
        store, own = self.store, self._records
        with store.lock:
            self._check()
            placed: dict[bytes, bytes] = {}
            fresh: dict[bytes, tuple[bytes, bytes]] = {}
            batch, following = store.batch(), self._next
            for index, key, value in records:
                place = own.place(index)
                position = placed.get(place) or store.rows.get(place)
                if position is None:
                    position = placed[place] = pack_position(following)
                    following += 1
                    batch.put(place, position)
                if place in placed:
                    fresh[position] = key, value
                else:
                    self._check_place(position, index, key)
                    own.unpage(batch, store.rows, position)
                batch.put(*own.record(position, key, value))
            page = own.page(self._next, *map(list, zip(*fresh.values(), strict=True))) if fresh else None
            if page:
                batch.put(*page)
            store.write(batch)
            self._next = following
            store.touch(self.uid)

    def page(self, batch: WriteBatch) -> None:
        """Write the page of the records that are being flushed."""
        page = self._records.page(self._next - len(self._keys), self._keys, self._values)
        if page:
            batch.put(*page)

    def paged(self) -> None:
        """They were flushed: begin another page."""
        self._keys.clear()
        self._values.clear()

    def _replace(self, position: bytes, key: bytes, value: bytes) -> None:
        batch = self.store.batch()
        self._records.unpage(batch, self.store.rows, position)
        batch.put(*self._records.record(position, key, value))
        self.store.write(batch)
        self.store.touch(self.uid)

    def delete(self, index: bytes) -> bool:
        """Delete one record; False if there is none."""
        with self.store.lock:
            self._check()
            place = self._records.place(index)
            position = self.store.rows.get(place)
            if position is None:
                return False
            self._check_place(position, index)
            batch = self.store.batch()
            self._records.unpage(batch, self.store.rows, position)
            self._records.delete(batch, place, position, Counts(self._next, self._deleted + 1))
            self.store.write(batch)
            self._deleted += 1
            self.store.touch(self.uid)
            return True

    def clear(self) -> None:
        """Delete all records."""
        with self.store.lock:
            self._check()
            batch = self.store.batch()
            self._records.clear(batch, Counts(self._next, self._next))
            self.store.write(batch)
            self._deleted = self._next
            self.store.touch(self.uid)

    def __len__(self) -> int:
        """The number of records."""
        return self._next - self._deleted

    @property
    def taken(self) -> bool:
        """Whether somebody who is busy writes to it."""
        holder = self.holder()
        return holder is not None and holder.busy

    def retire(self) -> None:
        """Refuse from now on: the archive was pruned, or the store was closed."""
        self.usable = False

    def _check_place(self, position: bytes, index: bytes, key: bytes | None = None) -> None:
        """Refuse to write over the record of another key: the index is not signed, and may have been tampered with.

        Raises:
            WorkspaceDamaged: the index names no record, or that of another key.
        """
        found = self._records.read(self.store.rows, position).key
        if found in {key, index}:
            return
        try:
            # Equal keys may have different pickles; this one is looked into only if it was signed here.
            found = self._signed.read(self.store.rows, position).key
        except UntrustedWorkspace:
            return  # a session that trusts the workspace has opened it
        if index_of(found) != index:
            raise lost("the index names a record of another key")

    def _check(self) -> None:
        if not self.usable:
            self.store.database()  # raises if it was closed
            raise ArchiveError("the archive was pruned; open it again")
