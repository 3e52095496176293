"""`Archive`: what every archive offers, in memory or stored."""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Iterator, MutableMapping
from types import UnionType
from typing import Any

from framework.errors import Unloadable
from framework.observe.text import short_repr

logger = logging.getLogger(__name__)


class Archive(MutableMapping[Any, Any]):
    """A mapping from anything that has a digest to anything that can be pickled.

    It behaves as a dict, with two differences that make every archive alike: keys are equal when their digests are
    (`1`, `1.0` and `True` are three keys, and a list is a key as well), and a value that was put or got is a copy, so
    that changing it afterwards does not change the archive. Iteration follows the order of first writing: writing again
    keeps the place, deleting and writing moves to the end. Threads may share one.
    """

    name = "in memory"
    _reasons: frozenset[str] = frozenset()  # why values could not be loaded, each warned of once

    @abstractmethod
    def batches(self) -> Iterator[tuple[list[Any], list[Any]]]:
        """Return all keys and their values in one pass, some thousand at a time: the fast way to read everything."""

    def pairs(self) -> Iterator[tuple[Any, Any]]:
        """Return all keys with their values in one pass.

        Raises:
            WorkspaceDamaged: fewer records are there than were counted.
        """
        for keys, values in self.batches():
            yield from zip(keys, values, strict=True)

    @abstractmethod
    def _loadable(self) -> Iterator[tuple[Any, Any]]:
        """Yield all keys and values, and the error in place of what cannot be made again."""

    def _recalled(self, key: Any) -> Any:
        """Return a value as `[]` does, faster where keys are asked for in the order in which they were written."""
        return self[key]

    @property
    @abstractmethod
    def readonly(self) -> bool:
        """Return whether writing is refused."""

    def _warn(self, key: Any, error: Unloadable) -> None:
        reason = str(error)
        if reason not in self._reasons:
            self._reasons |= {reason}
            logger.warning("archive %r: the record of %s is not used: %s", self.name, short_repr(key), reason)


def loaded(archive: Archive, key: Any) -> Any:
    """Return a copy of a value; None if there is none, or with a warning if it cannot be made again."""
    try:
        return archive._recalled(key)  # noqa: SLF001 - of this module
    except KeyError:
        return None
    except Unloadable as error:
        archive._warn(key, error)
        return None


def records(archive: Archive, kind: type | UnionType) -> Iterator[tuple[Any, Any]]:
    """Yield the keys and values whose values are of a class; with a warning, none that cannot be made again."""
    for key, value in archive._loadable():
        if isinstance(value, kind):
            yield key, value
        elif isinstance(value, Unloadable):
            archive._warn(key, value)


def drop_records(archive: Archive, kind: type | UnionType) -> int:
    """Delete the values of a class, and those that cannot be made again; return how many there were."""
    keys = [key for key, value in archive._loadable() if isinstance(value, kind | Unloadable)]
    for key in keys:
        del archive[key]
    return len(keys)
