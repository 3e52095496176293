"""`Store`: the archives of a workspace, open for writing by this process. `registry` makes at most one per folder."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace

from framework.archive.engine.database import Database
from framework.archive.engine.layout import StoreLayout
from framework.archive.engine.rows import ID_BYTES
from framework.archive.records.catalog import Catalog, CatalogEntry, Description, StoredPart, records_of
from framework.archive.records.trust import Keyring
from framework.archive.records.writer import ArchiveWriter


class Store:
    """One database, its catalog, and a writer for each archive that is written to."""

    def __init__(self, layout: StoreLayout) -> None:
        layout.check()
        self.keyring = Keyring()
        self.database = Database(layout)
        self._writers: dict[bytes, ArchiveWriter] = {}
        try:
            with self.database.translated:
                self.catalog = Catalog.read(self.database.rows, self.keyring)
        except BaseException:
            self.database.close()
            raise

    def sync(self, inputs: Iterable[StoredPart] = ()) -> None:
        """Bring everything written to the disk, and the times of writing into the catalog with the code of inputs."""
        database, catalog = self.database, self.catalog
        database.open()
        with database.lock:
            database.flush()
            batch = database.batch()
            for uid in database.touched & catalog.entries.keys():
                catalog.put(batch, self.keyring, uid, catalog.entries[uid]._touched(inputs))
            if len(batch):
                database.write(batch)
            database.touched.clear()
        database.sync()

    def writer(self, description: Description) -> ArchiveWriter:
        """Return the one writer of an archive, which is made where there is none.

        The archive becomes a current one of its name: those of other code are superseded, unless a busy session writes
        to them; those of the same code with other arguments stay current.
        """
        database, catalog = self.database, self.catalog
        with database.lock:
            uid = catalog.find(description.name, description.identity)
            batch = database.batch()
            if uid is None:
                uid, entry = self._new_entry(description)
                catalog.put(batch, self.keyring, uid, entry)
            entry = catalog.entries[uid]
            if not entry._describes(description) or entry.superseded_by:
                entry = entry._described(description)
                catalog.put(batch, self.keyring, uid, entry)
            elif (opened := entry._opened()) is not entry:
                catalog.put(batch, self.keyring, uid, opened)
            for rival, other in catalog.rivals(entry):
                if not self.writer_of(rival).taken and other.superseded_by != entry.identity:
                    catalog.put(batch, self.keyring, rival, replace(other, superseded_by=entry.identity))
            if len(batch):
                database.write(batch)
            return self.writer_of(uid)

    def writer_of(self, uid: bytes) -> ArchiveWriter:
        """Return the one writer of an archive that is there, whose description stays as it is."""
        database = self.database
        with database.lock:
            if uid not in self._writers:
                with database.translated:
                    records = records_of(uid, self.keyring, trust=True)
                    signed = records_of(uid, self.keyring, trust=False)
                    self._writers[uid] = database.pages[uid] = ArchiveWriter(database, uid, records, signed)
            return self._writers[uid]

    def drop(self, uids: list[bytes]) -> None:
        """Delete archives with all their records, and give the space back."""
        database = self.database
        with database.lock:
            database.flush()
            batch = database.batch()
            for uid in uids:
                records_of(uid, self.keyring, trust=True).drop(batch)
                self.catalog.drop(batch, uid)
                del database.pages[uid]
                self._writers.pop(uid).retire()  # the caller has claimed it
            database.write(batch)
            self.sync()
            database.compact()

    def close(self) -> None:
        """Sync and close. May be called again."""
        with self.database.lock:
            if self.database.db is None:
                return
            try:
                self.sync()
            finally:
                self._retire_writers()
                self.database.close()

    def abandon(self) -> object:
        """Write no more, and return the RocksDB, which stays open. Called in a forked child, whose parent has it."""
        self._retire_writers()
        return self.database.abandon()

    def _retire_writers(self) -> None:
        for writer in self._writers.values():
            writer.retire()

    def _new_entry(self, description: Description) -> tuple[bytes, CatalogEntry]:
        uid = os.urandom(ID_BYTES)
        number = 1 + max((entry.number for entry in self.catalog.entries.values()), default=0)
        return uid, CatalogEntry(name=description.name, uid=uid.hex(), number=number)._described(description)
