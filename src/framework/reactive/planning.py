"""`Planner`: follows builders and their archives upstream without executing anything."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, takewhile
from typing import Any, Final, NamedTuple

from framework.archive import Archive, CatalogEntry, Description, InMemCache
from framework.archive.archive import loaded, records
from framework.core import Pipeline
from framework.core.archives import described
from framework.core.identity.input_key import code_in, input_key
from framework.core.identity.parts import difference
from framework.core.reactive_event import ReactiveEvent
from framework.errors import ArchiveError, BuildError, Undigestable
from framework.reactive.builder import ReactiveBuilder
from framework.reactive.building.build_records import StoredBuild
from framework.reactive.building.pairing import Pairing

Facts = tuple[str, tuple[Any, ...] | None, Any, str, str | None, float | None]
TIMED = 50  # records of a builder from which its time is estimated


class Unknown:
    """Stands for any number of artifacts that are not known before the run."""


UNKNOWN: Final = Unknown()


class Timed(NamedTuple):
    """How long the builds of a builder took on average (seconds), and how many of them are recorded."""

    mean: float | None = None
    records: int = 0

    @property
    def total(self) -> float | None:
        """All of them together."""
        return None if self.mean is None else self.mean * self.records


class Planner:
    """Follows known artifacts from the sources on; `rows` gets a row per builder and input, upstream first."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.rows: list[Facts] = []
        self.providers: dict[str, list[str]] = {}
        self._pipeline = pipeline
        self._archives = pipeline.results()
        self._catalog = pipeline.catalog()
        self._known: dict[str, list[Any]] = {}
        for name in pipeline.snapshot().nodes:
            builder = pipeline[name]
            if isinstance(builder, ReactiveBuilder):
                self.providers.setdefault(builder.provides, []).append(name)

    def artifacts(self, target: str) -> list[Any]:
        """Return the artifacts that builders would announce for a target, UNKNOWN among them."""
        known = self._known.get(target)
        if known is None:
            self._known[target] = [UNKNOWN]  # what a cycle gets of itself
            found = [artifact for name in self.providers.get(target, ()) for artifact in self._outputs(name)]
            known = self._known[target] = found
        return known

    def _outputs(self, name: str) -> list[Any]:
        builder = self._pipeline[name]
        assert isinstance(builder, ReactiveBuilder)  # noqa: S101 - providers holds no others
        mailbox = name
        keeper = builder._archived_as
        if keeper is not None:  # the last part of a load balancer, which does the work of one builder
            mailbox, builder = builder._first_part, keeper
            name = builder.name
        pairing = Pairing(builder.requires)
        arrivals = {target: [*self._submitted(mailbox, target), *self.artifacts(target)] for target in pairing.targets}
        archived = _Archived(name, builder, self._archives.get(name) or InMemCache(), self._catalog, self._pipeline)
        if any(not artifacts and target not in self.providers for target, artifacts in arrivals.items()):
            return self._replay_all(archived) if archived.has_records else [self._unknown(archived, "not provided")]
        outputs: list[Any] = []
        for inputs in _paired(list(arrivals.values())):
            outputs += (
                [self._unknown(archived, "upstream unknown")]
                if inputs is None
                else self._answer(archived, pairing, inputs)
            )
        return outputs

    def _submitted(self, name: str, target: str) -> Iterator[Any]:
        """Yield artifacts that wait in the mailbox already."""
        for event in self._pipeline.inbox(name):
            match event:
                case ReactiveEvent(name="built", target=announced, artifact=artifact) if announced == target:
                    yield artifact

    def _replay_all(self, archived: _Archived) -> list[Any]:
        outputs: list[Any] = []
        for _, record in records(archived.archive, StoredBuild):
            self.rows.append((archived.name, record.inputs, "replay", "archived", None, None))
            outputs += record.artifacts
        return outputs

    def _unknown(self, archived: _Archived, reason: str) -> Unknown:
        self.rows.append((archived.name, None, "unknown", reason, None, archived.timed.total))
        return UNKNOWN

    def _answer(self, archived: _Archived, pairing: Pairing, inputs: tuple[Any, ...]) -> Iterable[Any]:
        try:
            arguments = pairing.arguments(inputs)
        except BuildError as error:
            return [self._unknown(archived, str(error))]
        record = archived.record_of(arguments)
        if record is not None:
            self.rows.append((archived.name, arguments, "replay", "archived", None, None))
            return record.artifacts  # type: ignore[no-any-return]
        self.rows.append((archived.name, arguments, "build", *archived.why_build(arguments), archived.timed.mean))
        return [UNKNOWN]


@dataclass
class _Archived:
    """What a builder has archived, now and under former identities."""

    name: str
    builder: ReactiveBuilder
    archive: Archive
    catalog: list[CatalogEntry]
    pipeline: Pipeline

    @cached_property
    def timed(self) -> Timed:
        """Return how long builds took: those of the present identity, else of the latest former one with records."""
        entries = [entry for entry in self.catalog if entry.name == self.name and entry.records]
        if not self.builder.persist or not entries:
            return Timed()
        last = max(entries, key=lambda entry: (entry.identity == self._now.identity, entry.updated))
        room = self.pipeline._archives
        try:
            seconds = [record.seconds for _, record in islice(records(room.recorded(last), StoredBuild), TIMED)]
        except ArchiveError:  # what is kept there cannot be read: the plan has no use for it
            return Timed()
        return Timed(sum(seconds) / len(seconds), last.records) if seconds else Timed()

    def record_of(self, arguments: tuple[Any, ...]) -> Any:
        """Return the record of an input, if there is one."""
        try:
            record = loaded(self.archive, input_key(arguments, name="inputs"))
        except Undigestable:  # the build will fail and say so
            return None
        return record if isinstance(record, StoredBuild) else None

    @cached_property
    def has_records(self) -> bool:
        """Return whether results are archived; entries that the builder made itself are none."""
        return any(records(self.archive, StoredBuild))

    def why_build(self, arguments: tuple[Any, ...]) -> tuple[str, str | None]:
        """Return why an input without a record is built, and what changed."""
        return self._code_of_inputs(arguments) if self.has_records and self.builder.persist else self._why_all

    def _code_of_inputs(self, arguments: tuple[Any, ...]) -> tuple[str, str | None]:
        """Return whether code that the input brings along is not that of the archived inputs."""
        try:
            now = code_in(arguments)
        except Undigestable:
            return "new input", None
        entries = (entry for entry in self.catalog if entry.name == self._now.name)
        kept = {part[:2]: part for entry in entries if entry.identity == self._now.identity for part in entry.inputs}
        before = [kept[part[:2]] for part in now if part[:2] in kept]
        diff = difference(before, now) if any(kept.get(part[:2], part)[3] != part[3] for part in now) else None
        return ("code changed", diff) if diff else ("new input", None)

    @cached_property
    def _now(self) -> Description:
        return described(self.builder)

    @cached_property
    def _why_all(self) -> tuple[str, str | None]:
        """Return why all inputs are built where none has a record."""
        if not self.builder.persist:
            return "not persisted", None
        now = self._now
        former = [entry for entry in self.catalog if entry.name == now.name and entry.records]
        if not former:
            return "never built", None
        last = max(former, key=lambda entry: entry.updated)
        if last.source != now.source or last.arguments_digest == now.arguments_digest:
            diff = difference(last.parts, now.parts) if last.parts else _diff(last.source, now.source)
            return "code changed", diff
        return "arguments changed", _diff(*map(_arguments, (last, now)))


def _arguments(described: Description) -> str:
    return described.arguments.replace(", ", "\n")


def _diff(before: str, after: str) -> str:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), "archived", "now", lineterm="", n=2)
    return "\n".join(lines)


def _paired(arrivals: list[list[Any]]) -> Iterator[tuple[Any, ...] | None]:
    """Yield the inputs that arrivals make, None for unknown ones; pairs behind an unknown one are unknown as well."""
    match arrivals:
        case []:
            yield ()
        case [artifacts]:
            yield from (None if artifact is UNKNOWN else (artifact,) for artifact in artifacts)
        case _:
            known = [list(takewhile(lambda artifact: artifact is not UNKNOWN, artifacts)) for artifacts in arrivals]
            yield from zip(*known, strict=False)
            if any(len(part) < len(artifacts) for part, artifacts in zip(known, arrivals, strict=True)):
                yield None
