"""`ArchiveRoom`: the archives of one pipeline, opened when they are needed, closed at its end."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast, runtime_checkable

from framework.archive import Archive, InMemCache
from framework.core.identity.input_key import code_met, forget_codes
from framework.core.mailboxes.handler import Handler
from framework.core.mailboxes.inbox import Inbox
from framework.core.processor import AbstractProcessor
from framework.errors import (
    ArchiveError,
    IdentityClash,
    NotAWorkspace,
    PipelineRunning,
    ReadOnlyWorkspace,
    Undigestable,
    UnknownName,
)

if TYPE_CHECKING:
    # Imported where there is a workspace: they take as long as half of everything else.
    from framework.archive import CatalogEntry, Description, Session, Workspace
    from framework.archive.overlay import Overlay
    from framework.core.identity.identity import Identity, Readers

logger = logging.getLogger(__name__)


@runtime_checkable
class ArchivedResult(Protocol):
    """What a processor keeps in its archive for each input."""

    @property
    def input(self) -> Any:
        """The input."""

    @property
    def output(self) -> Sequence[Any]:
        """The output."""


class ArchiveRoom:
    """Archives by name, and the one of each processor by its identity.

    Without a workspace they are in memory. With one, its store is opened at the first use and shared with other
    pipelines of the process; `busy` tells them whether this pipeline is running.
    """

    def __init__(self, owner: str, workspace: Path | str | None, *, trust: bool) -> None:
        """Open nothing yet; raises NotAWorkspace.

        Without a `workspace`, archives are in memory. `owner` is the pipeline's name, for errors of other pipelines;
        with `trust`, records that another key has signed are read.
        """
        self.busy = False
        self._owner = owner
        self._trust = trust
        self._workspace = None if workspace is None else _workspace(workspace, trust=trust)
        self._session: Session | None = None
        self._closed = False
        self._unsynced = False
        self._named: dict[tuple[str, bool], Archive] = {}
        self._own: dict[Inbox, Archive] = {}
        self._overlays: list[Overlay] = []
        self._about: dict[Inbox, Description] = {}
        # Taken when an archive is opened, once per processor; not when it is used.
        self._lock = threading.Lock()

    def check_distinct(self, inboxes: Iterable[Inbox]) -> None:
        """Raise IdentityClash for processors that would share an archive, as far as it can be told before a run."""
        if self._workspace is None:
            return
        alike: dict[tuple[str, type], dict[int, Inbox]] = {}
        for inbox in inboxes:
            keeper = keeper_of(inbox.processor)
            if keeps_results(inbox.processor):
                alike.setdefault((keeper.name, type(keeper)), {}).setdefault(id(keeper), inbox)
        for same in alike.values():
            if len(same) > 1:
                with suppress(Undigestable):  # told at the run
                    self._distinct(same.values())

    def _distinct(self, inboxes: Iterable[Inbox]) -> None:
        taken: dict[str, Inbox] = {}
        for inbox in inboxes:
            other = taken.setdefault(self.identity(inbox).digest, inbox)
            if other is not inbox:
                raise _clash(other, inbox)

    def prepare(self, inboxes: Iterable[Inbox]) -> None:
        """Open archives before anything is delivered; raises IdentityClash, Undigestable or WorkspaceInUse."""
        keeping = [inbox for inbox in inboxes if keeps_results(inbox.processor)]
        self._about.clear()  # a plan may have asked before the processors got their last attributes
        if keeping:
            forget_codes()
        if self._workspace is None or not keeping:
            return
        taken: dict[tuple[str, str], Inbox] = {}
        readers: Readers = {}
        distinct = {id(keeper_of(inbox.processor)): inbox for inbox in keeping}.values()
        from framework.core.identity.identity import uncollected  # reads sources; only for processors that keep results

        with uncollected():
            identities = [self.identity(inbox, readers) for inbox in distinct]
        for inbox, identity in zip(distinct, identities, strict=True):
            about = self._about[inbox] = _description(cast("AbstractProcessor", keeper_of(inbox.processor)), identity)
            _warn_of_state(about.name, identity)
            other = taken.setdefault((about.name, about.identity), inbox)
            if other is not inbox:
                raise _clash(other, inbox)
        for inbox in keeping:
            self.of(inbox)

    def of(self, inbox: Inbox) -> Archive:
        """Return the archive of a processor's own results."""
        archive = self._own.get(inbox)
        if archive is None:
            with self._lock:
                archive = self._own.setdefault(inbox, self._open_own(inbox))
        return archive

    def named(self, name: str, *, readonly: bool = False) -> Archive:
        """Return the archive of that name; once the pipeline has ended it can be read only; raises OptionError."""
        from framework.archive.records.catalog import check_name

        check_name(name)
        with self._lock:
            archive = self._named.get((name, readonly))
            if archive is None:
                archive = self._named[name, readonly] = self._open_named(name, readonly=readonly)
            return archive

    def results(self, inbox: Inbox) -> Archive:
        """Return the archived results of a processor, read-only, also after the end; empty if there are none."""
        try:
            return self._written(inbox)
        except (UnknownName, NotAWorkspace):
            return InMemCache()

    def kept(self, inboxes: Iterable[Inbox]) -> dict[str, Archive]:
        """Return the results of all processors that keep them and have some, by name."""
        found: dict[str, Archive] = {}
        for inbox in inboxes:
            keeper = keeper_of(inbox.processor)
            name = inbox.name if keeper is inbox.processor else keeper.name
            if name not in found and keeps_results(inbox.processor):
                with suppress(UnknownName, NotAWorkspace):  # nothing was written yet
                    found[name] = self._written(inbox)
        return found

    def editable(self, inbox: Inbox) -> Archive:
        """Return the archive of a processor for removing records, also after the end; raises PipelineRunning."""
        if self.busy:
            raise PipelineRunning(f"{self._owner} is running: wait for it or stop it before results are removed")
        if self._workspace is None or not self._closed:
            return self.of(inbox)
        about = self._describe(inbox)
        return self._workspace.archive(about.name, identity=about.identity)

    def catalog(self) -> list[CatalogEntry]:
        """Return the catalog of the workspace; empty where there is none yet."""
        with suppress(NotAWorkspace):
            return [] if self._workspace is None else self._workspace.catalog()
        return []

    def recorded(self, entry: CatalogEntry) -> Archive:
        """Return what an entry of the catalog describes, read-only; objects of unknown classes are stand-ins."""
        assert self._workspace is not None  # noqa: S101 - it has a catalog
        return self._workspace.archive(entry.name, True, identity=entry.identity, placeholders=True)  # noqa: FBT003

    def sync(self) -> None:
        """Write everything to the disk; where it takes no more, log that: closing raises, after the end of the run."""
        if self._session is not None:
            try:
                self._session.sync(code_met())
            except ArchiveError as error:
                if not self._unsynced:
                    logger.error("%s: results are not on the disk: %s", self._owner, error)  # noqa: TRY400 - no bug
                self._unsynced = True

    def close(self) -> None:
        """Sync and release the store; what was opened can still be read. Closing twice is harmless."""
        with self._lock:
            if not self._closed:
                self._report_unkept()
            self._closed = True
            self.busy = False
            session, self._session = self._session, None
            if session is not None:
                session.close()
            if self._workspace is not None:
                self._named.clear()
                self._workspace.close()

    def _written(self, inbox: Inbox) -> Archive:
        if self._workspace is None:
            return self.of(inbox)
        about = self._describe(inbox)
        opened = self._own.get(inbox)
        if opened is not None and any(opened is overlay for overlay in self._overlays):
            return opened
        return self._workspace.archive(about.name, readonly=True, identity=about.identity)

    def _open_own(self, inbox: Inbox) -> Archive:
        keeper = keeper_of(inbox.processor)
        if keeper is not inbox.processor:
            for other, archive in self._own.items():
                if keeper_of(other.processor) is keeper:
                    return archive
        if self._workspace is None:
            return InMemCache()
        about = self._describe(inbox)
        try:
            return self._opened(self._workspace).archive(about)
        except ReadOnlyWorkspace as error:
            return self._overlay(self._workspace, error, about.name, about.identity)

    def _open_named(self, name: str, *, readonly: bool) -> Archive:
        if self._workspace is None:
            return InMemCache()
        if readonly or self._closed:
            return self._workspace.archive(name, readonly=True)
        try:
            return self._opened(self._workspace).archive(name)
        except ReadOnlyWorkspace as error:
            return self._overlay(self._workspace, error, name)

    def _overlay(
        self, workspace: Workspace, error: ReadOnlyWorkspace, name: str, identity: str | None = None
    ) -> Archive:
        """Return an archive in memory over what is kept under that name, if there is a workspace to read."""
        from framework.archive.overlay import Overlay

        try:
            below: Archive = workspace.archive(name, readonly=True, identity=identity)
        except UnknownName:
            below = InMemCache()
        except NotAWorkspace:
            raise error from None
        if not self._overlays:
            logger.warning("%s: results are replayed and none is kept: %s", self._owner, error)
        overlay = Overlay(name, below)
        self._overlays.append(overlay)
        return overlay

    def _report_unkept(self) -> None:
        unkept = {overlay.name: len(overlay.unkept) for overlay in self._overlays if overlay.unkept}
        if unkept:
            told = ", ".join(f"{count} of {name}" for name, count in unkept.items())
            logger.warning("%s: these results were not written, the workspace is read-only: %s", self._owner, told)

    def _opened(self, workspace: Workspace) -> Session:
        if self._closed:
            raise ArchiveError(f"{self._owner} has ended and writes no more: read with Workspace({workspace.path!r})")
        if self._session is None:
            from framework.archive import Session

            owner = f"pipeline {self._owner!r}"
            self._session = Session(workspace.path, owner, trust=self._trust, busy=lambda: self.busy)
        return self._session

    def _describe(self, inbox: Inbox) -> Description:
        # Once: reading and digesting the source of a processor and all it uses takes milliseconds.
        about = self._about.get(inbox)
        if about is None:
            processor = cast("AbstractProcessor", keeper_of(inbox.processor))
            about = self._about[inbox] = _description(processor, self.identity(inbox))
        return about

    def identity(self, inbox: Inbox, readers: Readers | None = None) -> Identity:
        """Return what the results of a processor depend on; `readers` are shared by those that are asked together."""
        from framework.core.identity.identity import identity_of  # reads sources; not before a caller asks

        return identity_of(cast("AbstractProcessor", keeper_of(inbox.processor)), readers)


def _workspace(path: Path | str, *, trust: bool) -> Workspace:
    from framework.archive import Workspace

    return Workspace(path, trust)


def _clash(one: Inbox, other: Inbox) -> IdentityClash:
    return IdentityClash(
        f"{one.name} and {other.name} have the same name, code and arguments and would share one archive: give one of "
        "them another name=..."
    )


def keeps_results(processor: Handler) -> bool:
    """Whether a processor has an archive of its own: its `_opens_archive`, or that of its `process` without `_`."""
    return bool(getattr(processor, "_opens_archive", False) or getattr(processor.process, "opens_archive", False))


def keeper_of(processor: Handler) -> Handler:
    """Return the processor whose archive a processor uses: its `_archived_as`, or itself.

    Several processors that do the work of one, such as the workers of a load balancer, share its archive.
    """
    keeper: Handler | None = getattr(processor, "_archived_as", None)
    return processor if keeper is None else keeper


def described(processor: AbstractProcessor) -> Description:
    """Return the entry of the catalog for the archive of a processor."""
    from framework.core.identity.identity import identity_of  # reads sources; only for processors that keep results

    return _description(processor, identity_of(processor))


def _description(processor: AbstractProcessor, identity: Identity) -> Description:
    from framework.archive import Description

    return Description(
        name=processor.name,
        identity=identity.digest,
        source=identity.source,
        provides=_targets(processor, "provides"),
        requires=_targets(processor, "requires"),
        arguments=", ".join(f"{name}={value}" for name, value in identity.arguments.items()),
        arguments_digest=identity.arguments_digest,
        parts=tuple(part.stored for part in identity.parts),
    )


def _warn_of_state(name: str, identity: Identity) -> None:
    if identity.keeps:
        changed = ", ".join(f"self.{attribute} ({where})" for attribute, where in identity.keeps.items())
        logger.warning(
            "%s keeps its results and changes attributes between inputs: %s. A replayed input changes nothing, so that "
            "later results depend on which inputs were replayed: pass it on with the events instead",
            name,
            changed,
        )


def _targets(processor: AbstractProcessor, attribute: str) -> tuple[str, ...]:
    targets = getattr(processor, attribute, ())
    return (targets,) if isinstance(targets, str) else tuple(map(str, targets))
