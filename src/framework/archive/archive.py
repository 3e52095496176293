"""`Archive`: what every archive offers, in memory or stored."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, MutableMapping
from typing import Any


class Archive(MutableMapping[Any, Any]):
    """A mapping from anything that has a digest to anything that can be pickled.

    It behaves as a dict, with two differences that make every archive alike: keys are equal when their digests are
    (`1`, `1.0` and `True` are three keys, and a list is a key as well), and a value that was put or got is a copy, so
    that changing it afterwards does not change the archive. Iteration follows the order of first writing: writing again
    keeps the place, deleting and writing moves to the end. Threads may share one.
    """

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

    @property
    @abstractmethod
    def readonly(self) -> bool:
        """Return whether writing is refused."""
