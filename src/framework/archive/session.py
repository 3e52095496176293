"""`Session`: writes to a workspace for one owner: a pipeline during its run."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Iterable
from typing import Self

from framework.archive import registry
from framework.archive.engine.layout import StoreLayout
from framework.archive.reader import StoreReader
from framework.archive.records.catalog import Description, StoredPart, check_name
from framework.archive.records.store import Store
from framework.archive.records.writer import ArchiveWriter
from framework.archive.stored import StoredArchive
from framework.errors import ArchiveError, WorkspaceInUse

_lock = threading.Lock()  # once per archive and session


class Session:
    """Opens a workspace for writing, shares the store with other sessions of the process, and owns its archives.

    Usage::

        with Session(path, owner="pipeline 'Imports'", busy=pipeline_is_running) as session:
            archive = session.archive(Description(name="Parse", identity=identity, source=source))
            archive[key] = value
            session.sync()  # at the end of a phase
    """

    def __init__(
        self, path: str | os.PathLike[str], owner: str, *, trust: bool = False, busy: Callable[[], bool] | None = None
    ) -> None:
        """Open the workspace, making it where there is none.

        Args:
            path: the folder.
            owner: what errors call this session, `pipeline 'Imports'` for example.
            trust: read records that others signed.
            busy: whether the owner is running; while it is not, another session may take its archives. Without it,
                the session is busy until it is closed.

        Raises:
            NotAWorkspace, WorkspaceInUse, WorkspaceDamaged, UntrustedWorkspace, KeyUnavailable: it cannot be opened.
        """
        self.owner = owner
        self._busy = busy
        self._layout = StoreLayout(path)
        self._store: Store | None = registry.acquire(self._layout)
        self._reader = StoreReader(self._layout, trust=trust, keyring=self._store.keyring)
        self._release = weakref.finalize(self, registry.release, self._layout)
        try:
            self._store.catalog.checked(trust=trust)
        except BaseException:
            self.close()
            raise

    @property
    def busy(self) -> bool:
        """Return whether its archives are taken."""
        return self._store is not None and (self._busy is None or self._busy())

    def archive(self, about: str | Description, *, readonly: bool = False) -> StoredArchive:
        """Return an archive as a mapping.

        Args:
            about: a description, which makes the archive the current one of its name; or only a name, which means the
                current one of that name. It is made where there is none.
            readonly: make nothing and refuse writing.

        Raises:
            WorkspaceInUse: another session that is busy writes to it; the message names the owner.
        """
        if not isinstance(about, Description):
            check_name(about)
        name, identity = (about, None) if isinstance(about, str) else (about.name, about.identity)
        if readonly:
            return StoredArchive(self._reader, name, identity, None)
        writer = self._writer(name) if isinstance(about, str) else self._describe(about)
        return StoredArchive(self._reader, name, identity, lambda: self._writer(name, identity), writer)

    def _writer(self, name: str, identity: str | None = None) -> ArchiveWriter:
        """Return the writer of an archive, claimed for this session; its description stays as it is.

        Raises:
            WorkspaceInUse: a busy session writes to it.
        """
        store = self._open()
        uid = store.catalog.find(name, identity)
        if uid is None:
            return self._describe(Description(name=name, identity=identity or ""))
        with _lock:
            return self._claimed(store.writer_of(uid), name)

    def _drop(self, uids: Iterable[bytes]) -> None:
        """Delete archives.

        Raises:
            WorkspaceInUse: a busy session writes to one.
        """
        store, uids = self._open(), list(uids)
        with _lock:
            for uid in uids:
                self._claimed(store.writer_of(uid), store.catalog.entries[uid].name)
            store.drop(uids)

    def sync(self, inputs: Iterable[StoredPart] = ()) -> None:
        """Bring everything written to the disk; `inputs` are parts of the code of inputs, for the catalog."""
        self._open().sync(inputs)

    def close(self) -> None:
        """Give the store back; the last session of the process syncs and closes it. May be called again."""
        self._store = None
        self._reader.close()
        self._release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self) -> Store:
        if self._store is None:
            path = str(self._layout.path)
            raise ArchiveError(f"{path} is closed for {self.owner}; to write to it, open it again: Workspace({path!r})")
        return self._store

    def _describe(self, description: Description) -> ArchiveWriter:
        store = self._open()
        with _lock:
            uid = store.catalog.find(description.name, description.identity)
            if uid is not None:
                self._claimed(store.writer_of(uid), description.name)
            return self._claimed(store.writer(description), description.name)

    def _claimed(self, writer: ArchiveWriter, name: str) -> ArchiveWriter:
        holder = writer.holder()
        if holder is not None and holder is not self and holder.busy:
            raise WorkspaceInUse(
                f"archive {name!r} of {self._layout.path} is being written by {holder.owner}, which is running in this "
                "process; wait for it or stop it, or use another workspace"
            )
        writer.holder = weakref.ref(self)
        return writer
