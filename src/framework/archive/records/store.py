"""`Store`: the RocksDB of a workspace, open for writing by this process. `registry` makes at most one per folder."""

from __future__ import annotations

import logging
import os
import threading
from typing import TYPE_CHECKING

from framework.archive.engine.journal import Journal, read_journal
from framework.archive.engine.layout import Layout
from framework.archive.engine.marks import Mark, Marks, boot
from framework.archive.engine.options import open_database, translated
from framework.archive.engine.rows import LiveRows
from framework.archive.records.catalog import Catalog, CatalogEntry, Description, records_of
from framework.archive.records.records import ID_BYTES, lost
from framework.archive.records.trust import Keyring
from framework.archive.records.writer import ArchiveWriter
from framework.errors import ArchiveError

if TYPE_CHECKING:
    from rocksdict import Rdict, WriteBatch

log = logging.getLogger(__name__)

MOST_PENDING = 1024
"""Rows, two for each record, that are written to the database together."""


class Store:
    """All archives of one workspace in one database."""

    def __init__(self, layout: Layout) -> None:
        """Open it, making it where there is none.

        Raises:
            NotAWorkspace, WorkspaceInUse, WorkspaceDamaged, KeyUnavailable: it cannot be opened.
        """
        from rocksdict import AccessType, WriteBatch

        self._layout = layout
        self.lock = threading.RLock()
        self.translated = translated(layout.store)
        layout.check()
        self.keyring = Keyring()
        layout.create()
        marks = layout.marks()
        self._new_batch = WriteBatch
        access, rebooted = AccessType.read_write(), marks is not None and marks.rebooted
        self.db: Rdict | None = open_database(layout.store, access, create=marks is None, rebooted=rebooted)
        self._opened = False
        self.catalog = Catalog({})  # what closing looks into where reading fails
        self._writers: dict[bytes, ArchiveWriter] = {}
        self._touched: set[bytes] = set()
        try:
            with self.translated:
                self._recover(self.db, marks)
                self.catalog = Catalog.read(self.rows, self.keyring)
        except BaseException:
            self.close()
            raise

    def batch(self) -> WriteBatch:
        """An empty batch."""
        return self._new_batch(raw_mode=True)

    def database(self) -> Rdict:
        """The open database.

        Raises:
            ArchiveError: it was closed, or belongs to the process that this one was forked from.
        """
        if self.db is None:
            path = str(self._layout.path)
            raise ArchiveError(f"{path} is closed here; to write to it, open it again: Workspace({path!r})")
        return self.db

    def keep(self, place: bytes, position: bytes, key: bytes, record: bytes) -> None:
        """Write the two rows of a new record; they outlive a kill when this returns, and reach the database in a batch.

        Raises:
            ArchiveError: they were not written, for lack of space for example.
        """
        journal = self._journal
        if len(journal.rows) >= MOST_PENDING:
            self.flush()
        if not journal.add(place, position, key, record):
            self.flush()
            if not journal.add(place, position, key, record):  # larger than the whole journal
                self.write(self._batch_of({place: position, key: record}))
                return
        self._mark.written(self._written + len(journal.rows))

    def flush(self) -> None:
        """Write what is pending to the database, all or nothing.

        Raises:
            ArchiveError: it was not written; the journal keeps it.
        """
        with self.lock:
            rows = self._journal.rows
            if rows:
                batch = self._batch_of(rows)
                uids = {key[1 : 1 + ID_BYTES] for key in rows}
                writers = [self._writers[uid] for uid in uids]
                for writer in writers:
                    writer.page(batch)
                self._write(batch)
                for writer in writers:
                    writer.paged()
                self._touched |= uids
                self._journal.begin(self._written)

    def write(self, batch: WriteBatch) -> None:
        """Write a batch, all or nothing; it has reached the operating system when this returns.

        Raises:
            ArchiveError: it was not written, for lack of space for example.
        """
        with self.lock:
            self.flush()
            self._write(batch)
            self._journal.begin(self._written)

    def sync(self) -> None:
        """Bring everything written to the disk: it survives a power cut from here on."""
        db = self.database()
        self.flush()
        self._write_touched()
        with self.translated:
            number = db.latest_sequence_number()
            db.flush_wal(sync=True)
        self._mark.synced(number)

    def writer(self, description: Description) -> ArchiveWriter:
        """The one writer of an archive, which is made where there is none.

        The archive becomes the current one of its name: other identities are superseded, unless somebody is
        writing to them: two processors of one name with different arguments are both current.
        """
        with self.lock:
            uid = self.catalog.find(description.name, description.identity)
            batch = self.batch()
            if uid is None:
                uid, entry = self._new_entry(description)
                self.catalog.put(batch, self.keyring, uid, entry)
            entry = self.catalog.entries[uid]
            if not entry.describes(description) or entry.superseded_by:
                entry = entry.described(description)
                self.catalog.put(batch, self.keyring, uid, entry)
            for rival, other in self.catalog.rivals(entry):
                if not self.writer_of(rival).taken and other.superseded_by != entry.identity:
                    self.catalog.put(batch, self.keyring, rival, other.superseded(entry.identity))
            if len(batch):
                self.write(batch)
            return self.writer_of(uid)

    def writer_of(self, uid: bytes) -> ArchiveWriter:
        """The one writer of an archive that is there, whose description stays as it is."""
        with self.lock:
            if uid not in self._writers:
                with self.translated:
                    self._writers[uid] = ArchiveWriter(self, uid, records_of(uid, self.keyring, trust=True))
            return self._writers[uid]

    def touch(self, uid: bytes) -> None:
        """Note that an archive was written to, for its entry in the catalog."""
        self._touched.add(uid)

    def drop(self, uids: list[bytes]) -> None:
        """Delete archives with all their records, and give the space back."""
        with self.lock:
            batch = self.batch()
            for uid in uids:
                records_of(uid, self.keyring, trust=True).drop(batch)
                self.catalog.drop(batch, uid)
                self._writers.pop(uid).retire()  # whoever drops an archive has claimed it
            self.write(batch)
            self.sync()
            with self.translated:
                self.database().compact_range(None, None)

    def close(self) -> None:
        """Sync and close. May be called again."""
        with self.lock:
            db = self.db
            if db is None:
                return
            try:
                if self._opened:
                    self.sync()
            finally:
                self._leave()
                if self._opened:  # before the lock is given back: the next process makes a journal of that name
                    self._mark.close()
                    self._journal.close()
                with self.translated:  # what RocksDB met in the background
                    db.close()

    def _leave(self) -> None:
        self.db = None
        for writer in self._writers.values():
            writer.retire()

    def _recover(self, db: Rdict, marks: Marks | None) -> None:
        """Bring what a killed process left in the journal to the database, and begin a new one."""
        found = db.latest_sequence_number()
        left = read_journal(self._layout.journal).after(found)
        self._compare(found + len(left), marks)
        if left:
            db.write(self._batch_of(left))
        self._written = db.latest_sequence_number()
        self._mark = Mark(self._layout.mark)
        self._mark.begin(self._written)
        self._journal = Journal(self._layout.journal, self._written)
        self.rows = LiveRows(db, self._journal.rows, self.flush)
        self._opened = True

    def _compare(self, found: int, marks: Marks | None) -> None:
        if marks is not None and found < marks.required:
            raise lost(f"{self._layout.path} lost the last {marks.required - found} of {marks.required} writes")
        if marks is not None and found < marks.written and boot():
            log.warning(
                "%s: %d writes that had not been synced were lost when the machine went down",
                self._layout.path,
                marks.written - found,
            )

    def _write(self, batch: WriteBatch) -> None:
        db = self.database()
        with self.translated:
            db.write(batch)
        self._written = db.latest_sequence_number()
        self._mark.written(self._written)

    def _batch_of(self, rows: dict[bytes, bytes]) -> WriteBatch:
        batch = self.batch()
        put = batch.put
        for key, value in rows.items():
            put(key, value)
        return batch

    def _new_entry(self, description: Description) -> tuple[bytes, CatalogEntry]:
        uid = os.urandom(ID_BYTES)
        number = 1 + max((entry.number for entry in self.catalog.entries.values()), default=0)
        return uid, CatalogEntry(name=description.name, uid=uid.hex(), number=number).described(description)

    def _write_touched(self) -> None:
        with self.lock:
            touched, self._touched = self._touched, set()
            batch = self.batch()
            for uid in touched & self.catalog.entries.keys():
                self.catalog.put(batch, self.keyring, uid, self.catalog.entries[uid].touched())
            if len(batch):
                self.write(batch)


def forked(store: Store) -> None:
    """Called in a forked child: the database stays with the parent.

    The handle is kept for good: closing it here would wait for threads that exist only in the parent.
    """
    _LEFT.append(store.db)
    store._leave()  # noqa: SLF001


_LEFT: list[object] = []
