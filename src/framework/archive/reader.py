"""`Reader`: looks into a workspace, whoever writes to it."""

from __future__ import annotations

import contextlib
import os
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from framework.archive import registry
from framework.archive.catalog import Catalog
from framework.archive.layout import Layout
from framework.archive.marks import Marks, read_marks
from framework.archive.options import open_database, translated
from framework.archive.records import lost
from framework.archive.trust import Keyring
from framework.errors import KeyUnavailable, WorkspaceDamaged

if TYPE_CHECKING:
    from rocksdict import Rdict

_TRIES = 5
_OWN = {"LOCK", "LOG", "rocksdict-config.json"}


class View(NamedTuple):
    """What a reader sees at one moment."""

    db: Rdict
    catalog: Catalog


class Reader:
    """Reads through the store where this process has it open, else through a RocksDB secondary of its own.

    A secondary takes no lock, keeps its own log in a temporary folder, and catches up before each read.
    """

    def __init__(self, layout: Layout, *, trust: bool = False, keyring: Keyring | None = None) -> None:
        self.layout = layout
        self.trust = trust
        self._lock = threading.Lock()  # readers of one Workspace object, once per page
        self._secondary: _Secondary | None = None
        self._keyring = keyring

    @property
    def keyring(self) -> Keyring:
        """This user's keys.

        Raises:
            KeyUnavailable: there is none and `trust` is off.
        """
        if self._keyring is None:
            try:
                self._keyring = Keyring()
            except KeyUnavailable:
                if not self.trust:
                    raise
                self._keyring = Keyring.empty()
        return self._keyring

    @contextlib.contextmanager
    def reading(self) -> Iterator[View | None]:
        """The workspace as it is now; None where nothing was ever written.

        Raises:
            NotAWorkspace, WorkspaceDamaged, UntrustedWorkspace, KeyUnavailable: it cannot be read.
        """
        with registry.borrowed(self.layout) as store:
            if store is not None:
                self.close()
                with translated(self.layout.store):
                    yield View(store.database(), store.catalog.checked(trust=self.trust))
                return
        with self._lock:
            # The folder is looked at once; after that its mark says whether there is anything new.
            known = self._secondary is not None
            marks = read_marks(self.layout.mark) if known else self.layout.marks() if self.layout.check() else None
            if marks is None:
                yield None
                return
            if self._secondary is None:
                self._secondary = _Secondary(self.layout)
            with translated(self.layout.store):
                view = self._secondary.view(marks, self.keyring)
                view.catalog.checked(trust=self.trust)
                yield view

    def close(self) -> None:
        """Let go of the secondary; the next read opens one again."""
        with self._lock:
            secondary, self._secondary = self._secondary, None
            if secondary is not None:
                secondary.close()


class _Secondary:
    """A RocksDB secondary over links to the store's files.

    The links are for rocksdict, which writes its configuration into every folder that it opens: looking must change
    nothing, and a store that the reader may not write to can be read as well.
    """

    def __init__(self, layout: Layout) -> None:
        import shutil
        import tempfile

        from rocksdict import AccessType

        self._layout = layout
        folder = Path(tempfile.mkdtemp(prefix="framework-reader-"))
        self._links = folder / "store"
        self._links.mkdir()
        self._remove = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        for attempt in range(_TRIES):
            self._link()
            try:
                # A secondary leaves out table files that are missing or cut off; a read-only database refuses them.
                open_database(self._links, AccessType.read_only(error_if_log_file_exist=False)).close()
                self._db = open_database(self._links, AccessType.secondary(str(folder / "secondary")))
                break
            except WorkspaceDamaged as error:  # also when the writer removed a file that was about to be opened
                if attempt == _TRIES - 1:
                    raise WorkspaceDamaged(str(error).replace(str(folder), str(layout.path))) from error
        self._seen = -1
        self._catalog: Catalog | None = None

    def view(self, marks: Marks, keyring: Keyring) -> View:
        """Catch up with the writer, if there was anything since."""
        if self._catalog is None or marks.written != self._seen:
            self._catch_up(marks)
            self._catalog = Catalog.read(self._db, keyring)
            self._seen = marks.written
        return View(self._db, self._catalog)

    def close(self) -> None:
        """Close, and remove the temporary folder."""
        self._db.close()
        self._remove()

    def _catch_up(self, marks: Marks) -> None:
        for _ in range(_TRIES):
            self._link()
            self._db.try_catch_up_with_primary()
            found = self._db.latest_sequence_number()
            if found >= marks.required:
                return
        raise lost(f"{self._layout.path} lost the last {marks.required - found} of {marks.required} writes")

    def _link(self) -> None:
        try:
            theirs = {entry.name for entry in os.scandir(self._layout.store)} - _OWN
            ours = {entry.name for entry in os.scandir(self._links)} - _OWN
            for name in ours - theirs:
                (self._links / name).unlink()
            for name in theirs - ours:
                (self._links / name).symlink_to(self._layout.store / name)
        except OSError as error:
            raise lost(f"{self._layout.store} cannot be read ({error.strerror})") from error
