"""`ArchiveWriter`: writes one archive; shared by everybody in the process who writes to it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from framework.archive.records import Counts, Records, pack_position
from framework.errors import ArchiveError

if TYPE_CHECKING:
    from rocksdict import Rdict

    from framework.archive.session import Session
    from framework.archive.store import Store


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
        self._lock = threading.Lock()  # threads that put into one archive; processors have one each
        self._next, self._deleted = records.counts(store.database())
        self._retired = False
        self.holder: Callable[[], Session | None] = _nobody
        """Who claimed it, as a weak reference: an abandoned pipeline holds nothing."""

    def put(self, index: bytes, key: bytes, value: bytes) -> None:
        """Write one record; `put_all` does the same, and costs a tenth more for a single one."""
        store, rows = self.store, self._records
        with self._lock, store.translated:
            db = self._database()
            batch = store.batch()
            position = rows.position(db, index)
            new = position is None
            if position is None:
                position = pack_position(self._next)
                batch.put(rows.index + index, position)
            rows.put(batch, position, key, value)
            store.write(batch)
            self._next += new
            store.touch(self.uid)

    def put_all(self, records: Iterable[tuple[bytes, bytes, bytes]]) -> None:
        """Write records in one batch; later ones win."""
        store, rows = self.store, self._records
        with self._lock, self.store.translated:
            db = self._database()
            placed: dict[bytes, bytes] = {}
            batch, following = store.batch(), self._next
            for index, key, value in records:
                position = placed.get(index) or rows.position(db, index)
                if position is None:
                    position = placed[index] = pack_position(following)
                    following += 1
                    batch.put(rows.index + index, position)
                rows.put(batch, position, key, value)
            store.write(batch)
            self._next = following
            store.touch(self.uid)

    def delete(self, index: bytes) -> bool:
        """Delete one record; False if there is none."""
        with self._lock, self.store.translated:
            position = self._records.position(self._database(), index)
            if position is None:
                return False
            batch = self.store.batch()
            self._records.delete(batch, index, position, Counts(self._next, self._deleted + 1))
            self.store.write(batch)
            self._deleted += 1
            self.store.touch(self.uid)
            return True

    def clear(self) -> None:
        """Delete all records."""
        with self._lock, self.store.translated:
            self._database()
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

    @property
    def usable(self) -> bool:
        """Whether the store is open and the archive still there."""
        return not self._retired and self.store.db is not None

    def retire(self) -> None:
        """Refuse from now on: the archive was pruned."""
        self._retired = True

    def _database(self) -> Rdict:
        if self._retired:
            raise ArchiveError("the archive was pruned; open it again")
        return self.store.database()
