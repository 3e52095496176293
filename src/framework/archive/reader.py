"""`StoreReader`: reads a workspace, also while this or another process writes to it."""

from __future__ import annotations

import contextlib
import os
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from framework.archive import registry
from framework.archive.engine.journal import read_journal
from framework.archive.engine.layout import StoreLayout
from framework.archive.engine.marks import Marks, read_marks
from framework.archive.engine.options import open_database, translated
from framework.archive.engine.refusals import lost, usable
from framework.archive.engine.rows import Overlaid, Rows
from framework.archive.records.catalog import Catalog
from framework.archive.records.trust import Keyring
from framework.errors import KeyUnavailable, WorkspaceDamaged

if TYPE_CHECKING:
    from rocksdict import Rdict

_TRIES, _MOST_TRIES = 5, 50
_OWN = {"LOCK", "LOG", "rocksdict-config.json"}


class StoreView(NamedTuple):
    """What a reader sees at one moment."""

    rows: Rows
    catalog: Catalog


class StoreReader:
    """Reads through the store where this process has it open, else through a RocksDB secondary of its own.

    A secondary takes no lock, keeps its own log in a temporary folder, and catches up before each read.
    """

    def __init__(self, layout: StoreLayout, *, trust: bool = False, keyring: Keyring | None = None) -> None:
        self.layout = layout
        self.trust = trust
        self._lock = threading.Lock()  # readers of one Workspace object, once per page
        self._secondary: _Secondary | None = None
        self._keyring = keyring

    @property
    def keyring(self) -> Keyring:
        """This user's keys; raises KeyUnavailable."""
        if self._keyring is None:
            try:
                self._keyring = Keyring()
            except KeyUnavailable:
                if not self.trust:
                    raise
                self._keyring = Keyring.empty()
        return self._keyring

    @contextlib.contextmanager
    def reading(self) -> Iterator[StoreView | None]:
        """Yield the workspace as it is now, None where nothing was ever written; raises an ArchiveError."""
        with registry.borrowed(self.layout) as store:
            if store is not None:
                self.close()
                with translated(self.layout.store):
                    yield StoreView(store.database.rows, store.catalog.checked(trust=self.trust))
                return
        with self._lock:
            with usable(self.layout.path):
                view = self._look()
            with translated(self.layout.store):
                yield view

    def _look(self) -> StoreView | None:
        # The folder is looked at once; after that its mark says whether there is anything new.
        known = self._secondary is not None
        marks = read_marks(self.layout.mark) if known else self.layout.marks() if self.layout.check() else None
        if marks is None:
            return None
        if self._secondary is None:
            self._secondary = _Secondary(self.layout, marks)
        with translated(self.layout.store):
            view = self._secondary.view(marks, self.keyring)
            view.catalog.checked(trust=self.trust)
        return view

    def close(self) -> None:
        """Close the secondary; the next read opens one again."""
        with self._lock:
            secondary, self._secondary = self._secondary, None
            if secondary is not None:
                secondary.close()


class _Secondary:
    """A RocksDB secondary over links to the store's files.

    The links are for rocksdict, which writes its configuration into every folder that it opens: looking must change
    nothing, and a store that the reader may not write to can be read as well.

    It is opened anew whenever the store has other files. Catching up would do by its description, but leaves out what
    was written after a deleted range, when both were flushed in between (RocksDB 10.4).
    """

    def __init__(self, layout: StoreLayout, marks: Marks) -> None:
        import shutil
        import tempfile

        self._layout = layout
        self._folder = Path(tempfile.mkdtemp(prefix="framework-reader-"))
        self._links = self._folder / "store"
        self._links.mkdir()
        self._remove = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._link()
        self._db = self._open(marks)
        self._seen = -1
        self._view: StoreView | None = None

    def view(self, marks: Marks, keyring: Keyring) -> StoreView:
        """Catch up with the writer, if there was anything since."""
        if self._view is None or marks.written != self._seen:
            rows = self._catch_up(marks)
            self._view = StoreView(rows, Catalog.read(rows, keyring))
            self._seen = marks.written
        return self._view

    def close(self) -> None:
        """Close, and remove the temporary folder."""
        self._db.close()
        self._remove()

    def _open(self, marks: Marks) -> Rdict:
        from rocksdict import AccessType

        # The mark says that no process has written since. A secondary would refuse the holes that a power cut leaves.
        self._still = marks.rebooted
        tries = 0
        while True:
            try:
                # A secondary leaves out table files that are missing or cut off; a read-only database refuses them.
                read_only = AccessType.read_only(error_if_log_file_exist=False)
                db = open_database(self._links, read_only, rebooted=self._still)
                if self._still:
                    return db
                db.close()
                return open_database(self._links, AccessType.secondary(str(self._folder / "secondary")))
            except WorkspaceDamaged as error:
                tries += 1
                # Also when the writer removed a file that was about to be opened; then there are others by now.
                if tries >= (_MOST_TRIES if self._link() else _TRIES):
                    text = str(error).replace(str(self._folder), str(self._layout.path))
                    raise WorkspaceDamaged(text) from error

    def _catch_up(self, marks: Marks) -> Rows:
        tries, stale = 0, False
        while True:
            tries += 1
            journal = read_journal(self._layout.journal)  # first: what leaves it meanwhile is then in the store
            if self._link() or stale or self._still:
                self._db.close()
                self._db = self._open(marks)
            stale = not self._follow()
            write = self._db.latest_sequence_number()
            pending = journal.after(write)
            missing = marks.required - write - len(pending)
            if missing <= 0 and (tries == _MOST_TRIES or not stale):
                return Overlaid(self._db, pending) if pending else Rows(self._db)
            if missing > 0 and (tries == _MOST_TRIES or (tries >= _TRIES and not stale)):
                raise lost(f"{self._layout.path} lost the last {missing} of {marks.required} writes")

    def _follow(self) -> bool:
        """Catch up; False where it may have missed a write, which it would never catch up with."""
        if not self._still:
            try:
                self._db.try_catch_up_with_primary()
            except Exception as error:
                if "Try again" in str(error):  # the writer has begun another manifest
                    return False
                raise
        return not self._link()  # a table file without a link is passed over

    def _link(self) -> bool:
        """Link the store's files; return whether there was a change."""
        try:
            theirs = {entry.name for entry in os.scandir(self._layout.store)} - _OWN
            ours = {entry.name for entry in os.scandir(self._links)} - _OWN
            for name in ours - theirs:
                (self._links / name).unlink()
            for name in theirs - ours:
                (self._links / name).symlink_to(self._layout.store / name)
        except OSError as error:
            raise lost(f"{self._layout.store} cannot be read ({error.strerror})") from error
        return ours != theirs
