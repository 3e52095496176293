"""`Workspace`: opens a folder of results, to read or to write them."""

from __future__ import annotations

import contextlib
import logging
import os
import weakref
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Self

from framework.archive.archive import Archive
from framework.archive.engine.layout import StoreLayout
from framework.archive.engine.refusals import usable
from framework.archive.reader import StoreReader, StoreView
from framework.archive.records.catalog import CatalogEntry, check_name, records_of
from framework.archive.records.writer import ArchiveWriter
from framework.archive.session import Session
from framework.archive.stored import StoredArchive
from framework.errors import ArchiveError, NotAWorkspace, OptionError, UnknownName
from framework.observe.findings import times

logger = logging.getLogger(__name__)


class Workspace:
    """A folder with the archives of pipelines.

    Readers can always look, also while a pipeline runs, in this process or another one, and looking creates nothing::

        with Workspace("results") as workspace:
            for entry in workspace.catalog():
                print(entry)
            parsed = dict(workspace.archive("Parse"))

    The first write opens the store for writing, until `close`.
    """

    def __init__(self, path: str | os.PathLike[str], trust: bool = False) -> None:  # noqa: FBT001, FBT002 - promised so
        """Name the folder; it need not exist before something is written.

        Args:
            path: the folder.
            trust: read records that were signed with another user's key. Reading them can run any code that their
                author wrote.

        Raises:
            OptionError: `trust` is neither True nor False.
            NotAWorkspace: the path is a file, or a folder that holds something else.
        """
        if not isinstance(trust, bool):  # "no" would count as yes
            raise OptionError(f"trust is True or False, got {trust!r}")
        self._layout = StoreLayout(path)
        with usable(self._layout.path):
            self._layout.check()
        self._trust = trust
        self._reader = StoreReader(self._layout, trust=trust)
        self._session: Session | None = None
        weakref.finalize(self, StoreReader.close, self._reader)

    @property
    def path(self) -> str:
        """Return the folder."""
        return str(self._layout.path)

    def names(self) -> list[str]:
        """Return the names of the archives, in the order they were made.

        Raises:
            NotAWorkspace: there is nothing at the path.
        """
        with self._existing() as view:
            return view.catalog.names() if view else []

    def catalog(self) -> list[CatalogEntry]:
        """Return what is kept: one entry per archive, superseded ones too, in the order they were made.

        Raises:
            NotAWorkspace: there is nothing at the path.
        """
        with self._existing() as view:
            return view.catalog.counted(view.rows, self._reader.keyring, trust=self._trust) if view else []

    def archive(
        self,
        name: str,
        readonly: bool = False,  # noqa: FBT001, FBT002 - as in pipeline.archive
        *,
        identity: str | None = None,
        placeholders: bool = False,
    ) -> Archive:
        """Return an archive as a mapping.

        Args:
            name: any string.
            readonly: refuse writing; then the archive must exist.
            identity: which one, where a processor's code changed over time; the current one by default.
            placeholders: read-only, and objects whose class does not exist here become stand-ins with their attributes.

        Raises:
            OptionError: the name is no string.
            UnknownName: it is to be read only, and there is none.
        """
        check_name(name)
        if readonly or placeholders:
            with self._existing() as view:
                if view is None or view.catalog.find(name) is None:
                    raise UnknownName("archive", name, view.catalog.names() if view else [])
                if view.catalog.find(name, identity) is None:
                    raise UnknownName(f"identity of archive {name!r}", identity, view.catalog.identities(name))
            return StoredArchive(self._reader, name, identity, None, placeholders=placeholders)
        return StoredArchive(self._reader, name, identity, lambda: self._writer(name, identity))

    def prune(
        self,
        dry_run: bool = False,  # noqa: FBT001, FBT002 - promised so
        *,
        max_bytes: int | None = None,
    ) -> list[CatalogEntry]:
        """Delete the superseded archives, which no current code reaches, and more if the workspace is too large.

        An archive is superseded when a pipeline opens another identity of its name, because the code or the arguments
        of the processor changed, and is current again when that processor comes back. Archives without an identity
        are never pruned. What was deleted is in the log.

        Args:
            dry_run: only list them.
            max_bytes: what all records may take. Above it, whole archives of processors are deleted, those first that
                no pipeline has opened for the longest time; what was in them is computed again when it is needed.

        Returns:
            The entries of what was deleted, or would be.

        Raises:
            OptionError: `max_bytes` is negative or no whole number.
            WorkspaceInUse: another process writes there, or a running pipeline to an archive that has to go.
        """
        if max_bytes is not None and (type(max_bytes) is not int or max_bytes < 0):
            raise OptionError(f"max_bytes is a number of bytes, or None for no limit; got {max_bytes!r}")
        entries = self.catalog()
        pruned = _to_prune(entries, {} if max_bytes is None else self._sizes(entries), max_bytes)
        if pruned and not dry_run:
            with Session(self.path, "a prune", trust=self._trust, busy=lambda: False) as session:
                session._drop(bytes.fromhex(entry.uid) for entry, _ in pruned)
            for entry, reason in pruned:
                logger.warning("%s: pruned %s (%s)", self.path, entry, reason)
        return [entry for entry, _ in pruned]

    def _sizes(self, entries: list[CatalogEntry]) -> dict[str, int]:
        sizes = {}
        for entry in entries:
            uid = bytes.fromhex(entry.uid)
            with self._existing() as view:
                records = records_of(uid, self._reader.keyring, trust=self._trust)
                sizes[entry.uid] = records.size(view.rows) if view else 0
        return sizes

    def verify(self) -> int:
        """Read every record of every archive and return their number.

        Raises:
            WorkspaceDamaged: records are missing or garbled.
            UntrustedWorkspace: another user signed one.
        """
        total = 0
        for entry in self.catalog():
            archive = StoredArchive(self._reader, entry.name, entry.identity, None)
            total += archive.verify()
        return total

    def size(self, entry: CatalogEntry | None = None) -> int:
        """Return the bytes that the workspace takes on disk, or those of the keys and values of one archive."""
        if entry is not None:
            return StoredArchive(self._reader, entry.name, entry.identity, None).size()
        return sum(
            (Path(folder) / file).lstat().st_size for folder, _, files in os.walk(self._layout.path) for file in files
        )

    def close(self) -> None:
        """Close the store. The object can be used again."""
        session, self._session = self._session, None
        if session is not None:
            session.close()
        self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        """Return what it is and what it holds; never raises."""
        try:
            with self._reader.reading() as view:
                names = view.catalog.names() if view else []
        except ArchiveError as error:
            return f"<Workspace {self.path}: {type(error).__name__}>"
        listed = f": {', '.join(map(repr, names[:5]))}" if names else ""
        return f"<Workspace {self.path}: {times(len(names), 'archive')}{listed}>"

    @contextlib.contextmanager
    def _existing(self) -> Iterator[StoreView | None]:
        if not self._layout.path.exists():
            raise NotAWorkspace(f"nothing is at {self.path}; run a pipeline with workspace={self.path!r} first")
        with self._reader.reading() as view:
            yield view

    def _writer(self, name: str, identity: str | None) -> ArchiveWriter:
        if self._session is None:
            self._session = Session(self.path, f"Workspace({self.path!r})", trust=self._trust, busy=lambda: False)
        return self._session._writer(name, identity)


class _Pruned(NamedTuple):
    """The entry of an archive that goes, and why."""

    entry: CatalogEntry
    reason: str


def _to_prune(entries: Sequence[CatalogEntry], sizes: Mapping[str, int], max_bytes: int | None) -> list[_Pruned]:
    """Choose entries of the catalog so that all that stay take `max_bytes`; `sizes` are bytes by `uid`."""
    pruned = [_Pruned(entry, "superseded") for entry in entries if entry.superseded_by]
    if max_bytes is None:
        return pruned
    size = sum(sizes.values()) - sum(sizes[entry.uid] for entry, _ in pruned)
    # Those made by name only are the user's own: they stay.
    current = [entry for entry in entries if entry.identity and not entry.superseded_by]
    for entry in sorted(current, key=lambda entry: max(entry.used, entry.updated)):
        if size <= max_bytes:
            break
        size -= sizes[entry.uid]
        pruned.append(_Pruned(entry, f"least lately used, on {entry.used:%Y-%m-%d}, above {max_bytes:,} bytes"))
    if size > max_bytes:
        logger.warning("archives made by name take %d bytes, more than the %d allowed", size, max_bytes)
    return pruned
