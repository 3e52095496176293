"""`Answers`: the results of a builder, one record for each input."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from framework.archive import Archive, digest
from framework.archive.records.serialize import dumps, loads

Build = Callable[[tuple[Any, ...]], Iterator[Any]]
_IMMUTABLE = frozenset({int, float, complex, bool, str, bytes, type(None)})


class BuildRecord(NamedTuple):
    """One record of an archive: the arguments of `build`, what it announced, when (Unix time) and in how many seconds.

    The archive finds it by the digest of the arguments.
    """

    target: str
    inputs: tuple[Any, ...]
    artifacts: tuple[Any, ...]
    at: float
    seconds: float

    @property
    def input(self) -> tuple[Any, ...]:
        """The inputs, as records of any processor are asked for them."""
        return self.inputs

    @property
    def output(self) -> tuple[Any, ...]:
        """The artifacts, as records of any processor are asked for them."""
        return self.artifacts


BuildRecord.__module__ = "framework.reactive.answers"  # by this name pickles call it since version 0.1


class Answers:
    """Which inputs this run has answered, on top of an archive that also holds those of former runs."""

    def __init__(self, target: str) -> None:
        """Nothing of that target has been answered yet."""
        self._target = target
        self._answered: list[str] = []

    def of(self, archive: Archive, arguments: tuple[Any, ...], build: Build) -> Iterator[Any]:
        """The artifacts for an input: the archived ones, or those of a build, which become a record.

        Raises:
            Undigestable: the input has no digest.
            Unpicklable: an artifact cannot be stored.
        """
        key = digest(arguments, name="inputs")
        found = self.found(archive, key)
        return self.recorded(archive, key, copies(arguments), build(arguments)) if found is None else found

    def found(self, archive: Archive, key: str) -> Iterator[Any] | None:
        """The archived artifacts for the input of that digest, if there are any."""
        record: BuildRecord | None = archive.get(key)
        if record is None:
            return None
        self._answered.append(key)
        return iter(record.artifacts)

    def again(self, archive: Archive) -> Iterator[Any]:
        """All that this run has answered until now, in order."""
        for key in tuple(self._answered):
            yield from archive[key].artifacts

    def everything(self, archive: Archive) -> Iterator[Any]:
        """All that any run has answered, in the order it was recorded."""
        for key, record in archive.pairs():
            self._answered.append(key)
            yield from record.artifacts

    def recorded(
        self, archive: Archive, key: str, inputs: tuple[Any, ...], built: Iterator[Any], seconds: float = 0.0
    ) -> Iterator[Any]:
        """The artifacts of a build, which took so many seconds until now; its end writes the record."""
        artifacts = []
        at, resumed = time.time() - seconds, time.perf_counter()
        for artifact in built:
            artifacts.append(copy(artifact))
            seconds += time.perf_counter() - resumed
            yield artifact
            resumed = time.perf_counter()
        seconds += time.perf_counter() - resumed
        archive[key] = BuildRecord(self._target, inputs, tuple(artifacts), at, seconds)
        self._answered.append(key)


def copies(values: Iterable[Any]) -> tuple[Any, ...]:
    """Copies of values as they are now."""
    return tuple(copy(value) for value in values)


def copy(value: Any) -> Any:
    """A copy that later changes of the value do not reach.

    Raises:
        Unpicklable: the value cannot be stored.
    """
    return value if type(value) in _IMMUTABLE else loads(dumps(value, name="artifact"))
