"""`BuildRecords`: the results of a builder, one record for each input."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from framework.archive import Archive
from framework.archive.records.serialize import dumps, loads
from framework.core.identity.input_key import input_key

BuildFunction = Callable[[tuple[Any, ...]], Iterator[Any]]
_IMMUTABLE = frozenset({int, float, complex, bool, str, bytes, type(None)})


class BuildRecord(NamedTuple):
    """One record of an archive: the arguments of `build`, its artifacts, when (Unix time) and in how many seconds.

    Its key in the archive is the digest of the arguments.
    """

    target: str
    inputs: tuple[Any, ...]
    artifacts: tuple[Any, ...]
    at: float
    seconds: float

    @property
    def input(self) -> tuple[Any, ...]:
        """Return the inputs, under the name that records of all processors share."""
        return self.inputs

    @property
    def output(self) -> tuple[Any, ...]:
        """Return the artifacts, under the name that records of all processors share."""
        return self.artifacts


BuildRecord.__module__ = "framework.reactive.answers"  # as in pickles since version 0.1


class BuildRecords:
    """The records of one builder in one run, kept in an archive that also holds those of former runs."""

    def __init__(self, target: str) -> None:
        """Keep records of a target."""
        self._target = target
        self._answered: list[str] = []

    def artifacts(self, archive: Archive, arguments: tuple[Any, ...], build: BuildFunction) -> Iterator[Any]:
        """Return the artifacts for an input: the archived ones, or those of a build, which become a record.

        Raises:
            Undigestable: the input has no digest.
            Unpicklable: an artifact cannot be stored.
        """
        key = input_key(arguments, name="inputs")
        found = self.archived(archive, key)
        return self.record(archive, key, copies(arguments), build(arguments)) if found is None else found

    def archived(self, archive: Archive, key: str) -> Iterator[Any] | None:
        """Return the archived artifacts for the input of that digest, if there are any."""
        record: BuildRecord | None = archive.get(key)
        if record is None:
            return None
        self._answered.append(key)
        return iter(record.artifacts)

    def of_this_run(self, archive: Archive) -> Iterator[Any]:
        """Yield all artifacts that this run has announced until now, in order."""
        for key in tuple(self._answered):
            yield from archive[key].artifacts

    def of_all_runs(self, archive: Archive) -> Iterator[Any]:
        """Yield all archived artifacts, in the order in which they were recorded."""
        for key, record in archive.pairs():
            self._answered.append(key)
            yield from record.artifacts

    def record(
        self, archive: Archive, key: str, inputs: tuple[Any, ...], built: Iterator[Any], seconds: float = 0.0
    ) -> Iterator[Any]:
        """Yield the artifacts of a build, which took `seconds` until now, and write the record at its end."""
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
    """Return copies of values as they are now."""
    return tuple(copy(value) for value in values)


def copy(value: Any) -> Any:
    """Return a copy that later changes of the value do not reach.

    Raises:
        Unpicklable: the value cannot be stored.
    """
    return value if type(value) in _IMMUTABLE else loads(dumps(value, name="artifact"))
