"""`Database`: the RocksDB of a workspace, open for writing, with the journal before it and the mark beside it."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from framework.archive.engine.journal import Journal, read_journal
from framework.archive.engine.layout import StoreLayout
from framework.archive.engine.marks import Mark, Marks, boot
from framework.archive.engine.options import open_database, translated
from framework.archive.engine.refusals import lost
from framework.archive.engine.rows import ID_BYTES, LiveRows
from framework.errors import ArchiveError, WorkspaceDamaged

if TYPE_CHECKING:
    from rocksdict import Rdict, WriteBatch

log = logging.getLogger(__name__)

PAUSE = 1.0
"""Seconds between two attempts to write after one that failed."""
MOST_PENDING = 1024
"""Rows, two for each record, that are written to RocksDB together."""


class Pages(Protocol):
    """Adds a page of the rows of one archive when they are flushed: its writer."""

    def page(self, batch: WriteBatch) -> None:
        """Add the page to the batch that writes the rows."""

    def paged(self) -> None:
        """Return the batch was written: begin another page."""

    def recount(self) -> None:
        """Look at what is there: a write that was said to have failed did not."""


class Database:
    """Rows of all archives of one workspace. `pages` are told of flushes of the archives by whose id they stand."""

    def __init__(self, layout: StoreLayout) -> None:
        from rocksdict import AccessType, WriteBatch

        self.layout = layout
        self.lock = threading.RLock()
        self.translated = translated(layout.store)
        self.pages: dict[bytes, Pages] = {}
        self._refused: ArchiveError | None = (
            None  # RocksDB writes nothing after a write that failed, until it is opened
        )
        self._next_try = 0.0
        self.touched: set[bytes] = set()
        """The ids of archives that were written to and whose catalog entries do not say so yet."""
        layout.create()
        marks = layout.marks()
        self._new_batch = WriteBatch
        access, rebooted = AccessType.read_write(), marks is not None and marks.rebooted
        self.db: Rdict | None = open_database(layout.store, access, create=marks is None, rebooted=rebooted)
        self._recovered = False
        try:
            with self.translated:
                self._recover(self.db, marks)
        except BaseException:
            self.close()
            raise

    def batch(self) -> WriteBatch:
        """Return an empty batch."""
        return self._new_batch(raw_mode=True)

    def open(self) -> Rdict:
        """Return the open RocksDB; raises ArchiveError."""
        if self.db is None:
            path = str(self.layout.path)
            raise ArchiveError(f"{path} is closed here; to write to it, open it again: Workspace({path!r})")
        return self.db

    def keep(self, place: bytes, position: bytes, key: bytes, record: bytes) -> None:
        """Write the rows of a new record, which outlive a kill from now on; raises ArchiveError."""
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
        """Write what is pending to RocksDB, all or nothing; raises ArchiveError."""
        with self.lock:
            rows = self._journal.rows
            if rows:
                batch = self._batch_of(rows)
                uids = {key[1 : 1 + ID_BYTES] for key in rows}
                writers = [self.pages[uid] for uid in uids]
                for writer in writers:
                    writer.page(batch)
                self._write(batch)
                for writer in writers:
                    writer.paged()
                self.touched |= uids
                self._journal.begin(self._written)

    def write(self, batch: WriteBatch) -> None:
        """Write a batch, all or nothing; it has reached the operating system when this returns; raises ArchiveError."""
        with self.lock:
            self.flush()
            self._write(batch)
            self._journal.begin(self._written)

    def sync(self) -> None:
        """Bring everything written to the disk: it survives a power cut from here on."""
        self.open()
        self.flush()
        number = self._written
        self._attempt(lambda db: db.flush_wal(sync=True))
        self._mark.synced(number)

    def compact(self) -> None:
        """Give the space of deleted rows back."""
        with self.translated:
            self.open().compact_range(None, None)

    def abandon(self) -> Rdict | None:
        """Forget RocksDB without closing it, and return it; from here on every call raises."""
        db, self.db = self.db, None
        return db

    def close(self) -> None:
        """Close without a sync. May be called again."""
        with self.lock:
            db = self.abandon()
            if db is None:
                return
            if self._recovered:  # before the lock is given back: the next process makes a journal of that name
                self._mark.close()
                self._journal.close()
            with contextlib.suppress(*([ArchiveError] if self._refused else [])), self.translated:
                db.close()  # raises what RocksDB met in the background

    def _recover(self, db: Rdict, marks: Marks | None) -> None:
        """Bring what a killed process left in the journal to RocksDB, and begin a new one."""
        found = db.latest_sequence_number()
        left = read_journal(self.layout.journal).after(found)
        self._compare(found + len(left), marks)
        if left:
            db.write(self._batch_of(left))
        self._written = db.latest_sequence_number()
        self._mark = Mark(self.layout.mark)
        self._mark.begin(self._written)
        self._journal = Journal(self.layout.journal, self._written)
        self.rows = LiveRows(self.open, self._journal.rows, self.flush)
        self._recovered = True

    def _compare(self, found: int, marks: Marks | None) -> None:
        if marks is not None and found < marks.required:
            raise lost(f"{self.layout.path} lost the last {marks.required - found} of {marks.required} writes")
        if marks is not None and found < marks.written and boot():
            log.warning(
                "%s: %d writes that had not been synced were lost when the machine went down",
                self.layout.path,
                marks.written - found,
            )

    def _write(self, batch: WriteBatch) -> None:
        self._attempt(lambda db: db.write(batch))
        self._written = self.open().latest_sequence_number()
        self._mark.written(self._written)

    def _attempt(self, write: Callable[[Rdict], object]) -> None:
        """Write; after a write that failed, open RocksDB again first, or raise the error of then."""
        if self._refused is not None:
            self._resume(self._refused)
        try:
            with self.translated:
                write(self.open())
        except ArchiveError as error:
            self._refused, self._next_try = error, time.monotonic() + PAUSE
            raise

    def _resume(self, refused: ArchiveError) -> None:
        """Open RocksDB again where the disk takes files again; raises the error of the write that failed."""
        with self.lock:
            if self._refused is None:  # another thread did
                return
            damaged = isinstance(refused, WorkspaceDamaged)
            if damaged or time.monotonic() < self._next_try or not self.layout.has_room():
                raise type(refused)(*refused.args)
            self._next_try = time.monotonic() + PAUSE
            arrived = self._open_again()
            self._refused = None
            log.warning("%s takes writes again", self.layout.path)
            if arrived:  # what is to be written now was put together without it
                raise type(refused)(*refused.args)

    def _open_again(self) -> bool:
        """Close RocksDB and open it; returns whether the write that was said to have failed is there."""
        from rocksdict import AccessType

        with contextlib.suppress(ArchiveError), self.translated:
            self.open().close()  # raises what RocksDB met in the background
        try:
            return self._replace(open_database(self.layout.store, AccessType.read_write()))
        except ArchiveError as error:  # what was kept stays readable
            self._refused = error
            self._replace(open_database(self.layout.store, AccessType.read_only(error_if_log_file_exist=False)))
            raise

    def _replace(self, db: Rdict) -> bool:
        self.db = db
        found = db.latest_sequence_number()
        if found < self._written:
            self._refused = lost(f"{self.layout.path} lost the last {self._written - found} of {self._written} writes")
            raise self._refused
        arrived = found > self._written  # the batch that was said to have failed, with all that is pending
        if arrived:
            self._written = found
            self._journal.begin(found)
            self._mark.written(found)
        self.rows = LiveRows(self.open, self._journal.rows, self.flush)
        if arrived:
            for writer in self.pages.values():
                writer.recount()
        return arrived

    def _batch_of(self, rows: dict[bytes, bytes]) -> WriteBatch:
        batch = self.batch()
        put = batch.put
        for key, value in rows.items():
            put(key, value)
        return batch
