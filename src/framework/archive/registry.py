"""The stores that this process has open, one per folder, counted: pipelines of one process share theirs."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator

from framework.archive.engine.layout import StoreLayout
from framework.archive.engine.options import in_use
from framework.archive.engine.refusals import usable
from framework.archive.records.store import Store

_lock = threading.RLock()  # opening and closing, and once per read from outside the pipeline that writes
_stores: dict[str, Store] = {}
_users: dict[str, int] = {}
_inherited: dict[str, int] = {}
# Kept for good: closing it in a forked child would wait for threads that only the parent has.
_abandoned: list[object] = []


def acquire(layout: StoreLayout) -> Store:
    """Return the open store of a workspace, opened if need be; each call wants one `release`; raises WorkspaceInUse."""
    key = layout.key
    with _lock:
        if key in _inherited:
            raise in_use(layout.path, _inherited[key])
        if key not in _stores:
            with usable(layout.path):
                _stores[key] = Store(layout)
            _users[key] = 0
        _users[key] += 1
        return _stores[key]


def release(layout: StoreLayout) -> None:
    """Give a store back; the last one closes it."""
    key = layout.key
    with _lock:
        if key not in _stores:  # forked meanwhile
            return
        _users[key] -= 1
        if not _users[key]:
            del _users[key]
            _stores.pop(key).close()


@contextlib.contextmanager
def borrowed(layout: StoreLayout) -> Iterator[Store | None]:
    """Yield the store if this process has it open; it stays open meanwhile."""
    with _lock:
        store = acquire(layout) if layout.key in _stores else None
    try:
        yield store
    finally:
        if store is not None:
            release(layout)


def _forget() -> None:
    """Leave the stores to the parent, in a forked child."""
    global _lock  # noqa: PLW0603 - a thread of the parent may have held it
    _lock = threading.RLock()
    for key, store in _stores.items():
        _inherited[key] = os.getppid()
        _abandoned.append(store.abandon())
    _stores.clear()
    _users.clear()


os.register_at_fork(after_in_child=_forget)
