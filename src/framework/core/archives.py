"""`ArchiveRoom`: the archives of one pipeline, opened when they are needed, closed at its end."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from framework.archive import Archive, InMemCache
from framework.core.identity import Identity, identity_of
from framework.core.inbox import Inbox
from framework.errors import IdentityClash

if TYPE_CHECKING:
    from framework.archive.store import Store


class ArchiveRoom:
    """Archives by name, and the one of each processor by its identity.

    Without a workspace they are in memory. With one, its store is opened at the first use and shared with other
    pipelines of the process.
    """

    def __init__(self, owner: str, workspace: Path | None, *, trust: bool) -> None:
        """Open nothing yet.

        Args:
            owner: the pipeline's name, for whoever finds the workspace in use.
            workspace: the folder of the store; None for memory.
            trust: read records that another key has signed.
        """
        self._owner = owner
        self._workspace = workspace
        self._trust = trust
        self._store: Store | None = None
        self._named: dict[tuple[str, bool], Archive] = {}
        self._own: dict[Inbox, Archive] = {}
        self._identities: dict[str, Inbox] = {}
        # Taken when an archive is opened, once per processor; not when it is used.
        self._lock = threading.Lock()

    def prepare(self, inboxes: Iterable[Inbox]) -> None:
        pass

    def of(self, inbox):
        return self._own.setdefault(inbox, InMemCache())

    def named(self, name, *, readonly=False):
        return self._named.setdefault((name, readonly), InMemCache())

    def sync(self): pass
    def close(self): pass
