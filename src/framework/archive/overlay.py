"""`Overlay`: an archive over one that cannot be written to. Reads come from there, writes stay in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from framework.archive.archive import Archive
from framework.archive.memory import InMemCache
from framework.errors import ArchiveError
from framework.observe.findings import times


class Overlay(Archive):
    """What a pipeline gets whose workspace is read-only: kept results are replayed, new ones last as long as it."""

    def __init__(self, name: str, below: Archive) -> None:
        """Lay it over an archive, which is only read."""
        self.name = name
        self.identity = getattr(below, "identity", None)
        self.unkept = InMemCache()
        """What would have been written."""
        self._below = below

    @property
    def readonly(self) -> bool:
        """Return False: writes are taken, and lost with the pipeline."""
        return False

    def __getitem__(self, key: Any) -> Any:
        return self.unkept[key] if key in self.unkept else self._below[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self.unkept[key] = value

    def __delitem__(self, key: Any) -> None:
        if key in self._below:
            raise ArchiveError(f"archive {self.name!r} cannot be written to: its workspace is read-only")
        del self.unkept[key]

    def __contains__(self, key: object) -> bool:
        return key in self.unkept or key in self._below

    def __len__(self) -> int:
        return len(self._below) + sum(1 for _ in self._new_keys())

    def __iter__(self) -> Iterator[Any]:
        """Return the keys in the order of first writing."""
        yield from self._below
        yield from self._new_keys()

    def batches(self) -> Iterator[tuple[list[Any], list[Any]]]:
        """Return all keys and copies of their values."""
        for keys, values in self._below.batches():
            yield keys, [self.unkept.get(key, value) for key, value in zip(keys, values, strict=True)]
        if new := [*self._new_keys()]:
            yield new, [self.unkept[key] for key in new]

    def __repr__(self) -> str:
        return f"<archive {self.name!r} of a read-only workspace: {times(len(self.unkept), 'record')} not kept>"

    def _loadable(self) -> Iterator[tuple[Any, Any]]:
        for key, value in self._below._loadable():
            yield key, self.unkept.get(key, value)
        for key in self._new_keys():
            yield key, self.unkept[key]

    def _new_keys(self) -> Iterator[Any]:
        return (key for key in self.unkept if key not in self._below)
