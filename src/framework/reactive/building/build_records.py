"""`BuildRecords`: the results of a builder, one record for each input."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from framework.archive import Archive
from framework.archive.archive import loaded, records
from framework.archive.records.serialize import IMMUTABLE, dumps, loads
from framework.reactive.building.origin import Made, Origin, Saved, followed, saved

BuildFunction = Callable[[tuple[Any, ...]], Iterator[Any]]


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


class SourcedRecord(NamedTuple):
    """A record that also tells what its inputs were made from: `origins`, the first `sources` of them are the inputs.

    An origin is a tuple of builder, target, identity of its archive, key of its record there, place among its
    artifacts, a short text of the artifact, and the positions of its own sources in `origins`.
    """

    target: str
    inputs: tuple[Any, ...]
    artifacts: tuple[Any, ...]
    at: float
    seconds: float
    sources: int
    origins: tuple[Saved, ...]

    @property
    def input(self) -> tuple[Any, ...]:
        """Return the inputs, under the name that records of all processors share."""
        return self.inputs

    @property
    def output(self) -> tuple[Any, ...]:
        """Return the artifacts, under the name that records of all processors share."""
        return self.artifacts


StoredBuild = BuildRecord | SourcedRecord
_KINDS = (BuildRecord, SourcedRecord)  # a check against a union takes three times as long

SourcedRecord.__module__ = "framework.reactive.answers"  # a name that stays, beside BuildRecord


class BuildRecords:
    """The records of one builder in one run, kept in an archive that also holds those of former runs."""

    def __init__(self, target: str) -> None:
        self.target = target
        self._answered: dict[int, str] = {}  # what this run has announced: the keys by the places of their inputs

    def reset(self) -> None:
        """Begin a run that has announced nothing."""
        self._answered.clear()

    def built(  # noqa: PLR0913, PLR0917 - facts of one input
        self,
        archive: Archive,
        key: str,
        arguments: tuple[Any, ...],
        build: BuildFunction,
        made: Made,
        origins: tuple[Origin, ...],
        place: int | None = None,
    ) -> Iterator[Any]:
        """Return the artifacts of a build for an input, which become a record; raises Unpicklable.

        `key` is the digest of the arguments, `place` that of the input among those of the run, by default behind the
        others. `made` is told the key.
        """
        inputs, started = copies(arguments), time.perf_counter()
        built = build(arguments)  # all the work of a `build` that returns; one that yields begins later
        return self.record(archive, key, inputs, built, made, origins, place, time.perf_counter() - started)

    def archived(self, archive: Archive, key: str, made: Made, place: int | None = None) -> Iterator[Any] | None:
        """Return the archived artifacts for the input of that digest, if there are any."""
        record = loaded(archive, key)
        if not isinstance(record, _KINDS):
            return None
        self._note(place, key)
        made.key, made.archive, made.recorded = key, archive, record.at
        return iter(record.artifacts)

    def of_this_run(self, archive: Archive) -> Iterator[tuple[str, StoredBuild]]:
        """Yield the records of all that this run has announced until now, in the order of its inputs."""
        for _, key in sorted(self._answered.items()):
            yield key, archive[key]  # read before, or written, by this run

    def of_all_runs(self, archive: Archive) -> Iterator[tuple[str, StoredBuild]]:
        """Yield all records in the order in which they were written; entries of `build` itself are left out."""
        for key, record in records(archive, StoredBuild):
            self._note(None, key)
            yield key, record

    def record(  # noqa: PLR0913, PLR0917 - facts of one input
        self,
        archive: Archive,
        key: str,
        inputs: tuple[Any, ...],
        built: Iterator[Any],
        made: Made,
        origins: tuple[Origin, ...],
        place: int | None = None,
        seconds: float = 0.0,
    ) -> Iterator[Any]:
        """Yield the artifacts of a build, which took `seconds` until now, and write the record at its end."""
        artifacts = []
        at, resumed = time.time() - seconds, time.perf_counter()
        made.key, made.archive = key, archive
        for artifact in built:
            artifacts.append(copy(artifact))
            seconds += time.perf_counter() - resumed
            yield artifact
            resumed = time.perf_counter()
        seconds += time.perf_counter() - resumed
        facts = (self.target, inputs, tuple(artifacts), at, seconds)
        sources, rows = saved(made, followed(origins)[0])
        archive[key] = SourcedRecord(*facts, sources, rows) if rows else BuildRecord(*facts)
        self._note(place, key)

    def made(self, builder: str, key: str, record: StoredBuild, archive: Archive) -> Made:
        """Return how the artifacts of a record were made, as it was saved."""
        made = Made(builder, self.target)
        made.key, made.archive, made.recorded = key, archive, record.at
        if isinstance(record, SourcedRecord):
            made.inputs, made.saved = record.sources, record.origins
        return made

    def _note(self, place: int | None, key: str) -> None:
        self._answered[len(self._answered) if place is None else place] = key


def copies(values: Iterable[Any]) -> tuple[Any, ...]:
    """Return copies of values as they are now."""
    return tuple(copy(value) for value in values)


def copy(value: Any) -> Any:
    """Return a copy that later changes of the value do not reach; raises Unpicklable."""
    return value if type(value) in IMMUTABLE else loads(dumps(value, name="artifact"))
