"""`InMemCache`: an archive for as long as the process lives."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import islice
from typing import Any

from framework.archive.archive import Archive
from framework.archive.records.keys import index_key
from framework.archive.records.serialize import IMMUTABLE, dumps, loaded, loads
from framework.observe.findings import times

READ_TOGETHER = 1024
"""Records that `batches` gives at once."""


class InMemCache(Archive):
    """The archive of a pipeline without a workspace.

    It keeps pickled copies as a stored one does, and refuses the same keys and values: what works here works there.
    """

    def __init__(self) -> None:
        self._entries: dict[bytes, tuple[Any, Any]] = {}
        self._lock = threading.Lock()  # only for deletes and clears beside an iteration

    @property
    def readonly(self) -> bool:
        """Return False."""
        return False

    def __getitem__(self, key: Any) -> Any:
        """Return a copy of the value.

        Raises:
            KeyError: there is none.
            Undigestable: the key has no digest.
        """
        found = self._entries.get(index_key(key))
        if found is None:
            raise KeyError(key)
        return _thaw(found[1])

    def __setitem__(self, key: Any, value: Any) -> None:
        """Keep a copy of the value.

        Raises:
            Undigestable: the key has no digest.
            Unpicklable: the value cannot be stored.
        """
        entry = (_freeze(key, "key"), _freeze(value, "value"))
        with self._lock:
            self._entries[index_key(key)] = entry

    def __delitem__(self, key: Any) -> None:
        """Forget a key.

        Raises:
            KeyError: there is none.
        """
        with self._lock:
            if self._entries.pop(index_key(key), None) is None:
                raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        return index_key(key) in self._entries

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Any]:
        """Return the keys that are there now, in the order of first writing."""
        for key, _ in self._now():
            yield _thaw(key)

    def batches(self) -> Iterator[tuple[list[Any], list[Any]]]:
        """Return all keys and copies of their values."""
        entries = iter(self._now())
        while some := [*islice(entries, READ_TOGETHER)]:
            yield [_thaw(key) for key, _ in some], [_thaw(value) for _, value in some]

    def _loadable(self) -> Iterator[tuple[Any, Any]]:
        for key, value in self._now():
            yield _thaw(key), loaded(value) if type(value) is _Frozen else value

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()

    def __repr__(self) -> str:
        return f"<InMemCache: {times(len(self), 'record')}>"

    def _now(self) -> list[tuple[Any, Any]]:
        with self._lock:
            return [*self._entries.values()]


class _Frozen(bytes):
    """A pickle, told apart from a value that is bytes."""

    __slots__ = ()


def _freeze(value: Any, name: str) -> Any:
    return value if type(value) in IMMUTABLE else _Frozen(dumps(value, name=name))


def _thaw(kept: Any) -> Any:
    return loads(kept) if type(kept) is _Frozen else kept
