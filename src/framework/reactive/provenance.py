"""`provenance`: what an artifact was made from, back to the sources and into former runs."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from framework.archive import Archive, digest
from framework.core.reactive_event import ReactiveEvent
from framework.errors import Undigestable
from framework.observe.frames import RowSequence
from framework.observe.graph import Edge, Graph, Node
from framework.observe.text import short_repr
from framework.reactive.building.build_records import BuildRecord, SourcedRecord
from framework.reactive.building.origin import Origin, Saved, origin_of

if TYPE_CHECKING:
    import pandas as pd

    from framework.notebook.graphs.drawing import Drawing

NAMESPACE = "framework"
PRODUCER = "https://pypi.org/project/framework"
SCHEMA = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
TEXT = 80


@dataclass(frozen=True, slots=True)
class Ancestor:
    """One artifact of a provenance.

    Attributes:
        number: its place in the provenance.
        target: what it is one of.
        builder: who made it; None for one that was announced from outside.
        artifact: a short text of it, empty where it is gone.
        digest: of the artifact; None where it is gone or has none.
        sources: the numbers of what it was made from.
        replayed: whether it came from an archive.
        record: the key of its record in the archive of the builder; None where results are not kept.
        built: when its record was written (Unix time); None where there is none.
    """

    number: int
    target: str
    builder: str | None
    artifact: str
    digest: str | None
    sources: tuple[int, ...]
    replayed: bool = False
    record: str | None = None
    built: float | None = None


class Provenance(RowSequence[Ancestor]):
    """An artifact and all that it was made from, itself first; its text is a tree."""

    def __init__(self, ancestors: Sequence[Ancestor]) -> None:
        self._rows = tuple(ancestors)

    @property
    def sources(self) -> tuple[Ancestor, ...]:
        """Return the artifacts that were made from no others."""
        return tuple(one for one in self._rows if not one.sources)

    def graph(self) -> Graph:
        """Return the tree as nodes and edges, which follow the data; what was used twice is one node."""
        nodes = tuple(
            Node(
                str(one.number),
                "target" if one.builder is None else "builder",
                f"{one.target} {one.artifact}".rstrip(),
                details={"builder": one.builder, "digest": one.digest, "replayed": one.replayed},
            )
            for one in self._rows
        )
        edges = tuple(
            Edge(str(source), str(one.number), "provides", observed=True, label=one.builder or "")
            for one in self._rows
            for source in one.sources
        )
        return Graph(f"provenance of {self._rows[0].target}", nodes, edges)

    def drawing(self) -> Drawing:
        """Return the tree as a drawing, to be shown, styled and saved."""
        from framework.notebook.graphs.drawing import Drawing

        return Drawing(self.graph())

    def frame(self) -> pd.DataFrame:
        """Return a DataFrame with a row per artifact: number, target, builder, artifact, digest, sources, replayed."""
        import pandas as pd

        names = ["number", "target", "builder", "artifact", "digest", "sources", "replayed", "built"]
        frame = pd.DataFrame([[getattr(one, name) for name in names] for one in self._rows], columns=names)
        frame[["builder", "digest"]] = frame[["builder", "digest"]].astype("string")
        frame["built"] = pd.to_datetime(frame["built"].astype(float), unit="s", utc=True)
        return frame

    def events(self) -> list[dict[str, Any]]:
        """Return a run event of OpenLineage for each build, sources first.

        A job is a builder, a dataset is an artifact, whose version is its digest. Times are those of the records; a
        build without a record has that of the export.
        """
        now = datetime.now(UTC)
        return [self._event(one, now) for one in reversed(self._rows) if one.builder is not None]

    def json(self) -> str:
        """Return the `events` as JSON."""
        return json.dumps(self.events(), indent=2)

    def _event(self, made: Ancestor, now: datetime) -> dict[str, Any]:
        moment = now if made.built is None else datetime.fromtimestamp(made.built, UTC)
        output = self._dataset(made)
        run = f"{made.builder}\0{output['name']}\0{made.record}"
        return {
            "eventType": "COMPLETE",
            "eventTime": moment.isoformat(),
            "producer": PRODUCER,
            "schemaURL": SCHEMA,
            "run": {"runId": str(uuid.uuid5(uuid.NAMESPACE_URL, run))},
            "job": {"namespace": NAMESPACE, "name": made.builder},
            "inputs": [self._dataset(self._rows[source]) for source in made.sources],
            "outputs": [output],
        }

    def _dataset(self, one: Ancestor) -> dict[str, Any]:
        version = one.digest or f"{one.record or ''}#{one.number}"
        facet = {
            "_producer": PRODUCER,
            "_schemaURL": "https://openlineage.io/spec/facets/1-0-1/DatasetVersionDatasetFacet.json",
            "datasetVersion": version,
        }
        return {"namespace": NAMESPACE, "name": f"{one.target}/{version}", "facets": {"version": facet}}

    def __repr__(self) -> str:
        """Return the tree, what was made first at the bottom; what stands there already is not told again."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        told: set[int] = set()
        open_: list[tuple[int, int]] = [(0, 0)]
        while open_:
            number, depth = open_.pop()
            one = self._rows[number]
            again = number in told and bool(one.sources)
            how = f" <- {one.builder}" if one.builder else " <- announced from outside"
            notes = ", replayed" if one.replayed else ""
            notes += ", as above" if again else ""
            yield f"{'  ' * depth}{one.target} {one.artifact}".rstrip() + how + notes
            if not again:
                open_ += [(source, depth + 1) for source in reversed(one.sources)]
            told.add(number)


def provenance(event: ReactiveEvent) -> Provenance:
    """Return what an announced artifact was made from, back to the sources.

    Artifacts of joins, groups, batches and load balancers know all of their inputs. Records keep what they were made
    from, so that the tree goes on into former runs, and into builders that are not in this pipeline::

        match event:
            case ReactiveEvent(name="built", target="summary"):
                print(provenance(event))

    Raises:
        TypeError: `event` announces no artifact.
        ArchiveError: a record cannot be read.
    """
    if not isinstance(event, ReactiveEvent) or event.name != "built":
        raise TypeError(f"provenance takes the event that announces an artifact, got {short_repr(event)}")
    return Provenance(_OriginWalk().ancestors(origin_of(event)))


class _SavedOrigin(NamedTuple):
    """An origin that was saved with a record, which lies in an archive."""

    rows: tuple[Saved, ...]
    position: int
    archive: Archive | None

    @property
    def name(self) -> Any:
        """Return by what it counts as one: its record, or its place among the rows."""
        builder, _, identity, key, place, *_ = self.rows[self.position]
        return (id(self.rows), self.position) if key is None else (builder, identity, key, place)


@dataclass(slots=True)
class _AncestorFacts:
    """An artifact on the way into a provenance; `value` is a tuple, empty where it is gone, as is `archived`.

    The record that holds the latter may have been written since, by a build of the same input after a refresh.
    """

    target: str
    builder: str | None
    value: tuple[Any, ...]
    text: str
    key: str | None
    replayed: bool
    sources: list[Origin | _SavedOrigin]
    inputs: tuple[Any, ...] = ()
    built: float | None = None
    archived: tuple[Any, ...] = ()


class _OriginWalk:
    """Follows origins of this run, and the rows and records of former ones."""

    def __init__(self) -> None:
        self._numbers: dict[Any, int] = {}
        self._todo: list[Origin | _SavedOrigin] = []
        self._kept: dict[int, Any] = {}  # artifacts that are gone, but lie in the records of what was made from them

    def ancestors(self, origin: Origin) -> list[Ancestor]:
        self._number(origin)
        found = []
        for number, step in enumerate(self._todo):  # which grows
            one = _of_run(step) if isinstance(step, Origin) else _of_record(step)
            kept = self._kept.get(number, ())
            value = one.value or kept or one.archived
            replaced = bool(kept and one.archived) and _digest(kept) != _digest(one.archived)
            text = short_repr(value[0], TEXT) if value else one.text
            sources = tuple(map(self._number, one.sources))
            if len(one.inputs) == len(sources):
                self._kept.update((source, (kept,)) for source, kept in zip(sources, one.inputs, strict=True))
            built = None if replaced else one.built
            facts = (number, one.target, one.builder, text, _digest(value), sources, one.replayed, one.key, built)
            found.append(Ancestor(*facts))
        return found

    def _number(self, step: Origin | _SavedOrigin) -> int:
        name = id(step) if isinstance(step, Origin) else step.name
        if name not in self._numbers:
            self._numbers[name] = len(self._todo)
            self._todo.append(step)
        return self._numbers[name]


def _of_run(origin: Origin) -> _AncestorFacts:
    made = origin.made
    found = _AncestorFacts(
        made.target, made.builder, origin.artifact, "", made.key, made.recorded is not None, list(origin.sources)
    )
    record = _record(made.archive, made.key)
    if made.saved:
        found.sources = _rows(made.saved, made.inputs, made.archive)
    _complete(found, record, origin.place, made.archive)
    if record is not None and made.recorded not in (None, record.at):
        found.built, found.archived = None, ()
    return found


def _of_record(row: _SavedOrigin) -> _AncestorFacts:
    builder, target, identity, key, place, text, links = row.rows[row.position]
    sources: list[Origin | _SavedOrigin] = [_SavedOrigin(row.rows, link, row.archive) for link in links]
    found = _AncestorFacts(target, builder, (), text, key, key is not None, sources)
    beside = getattr(row.archive, "_beside", None)  # of a stored archive
    if key is not None and builder is not None and beside is not None:
        archive = beside(builder, identity)
        _complete(found, _record(archive, key), place, archive)
    return found


def _record(archive: Archive | None, key: str | None) -> BuildRecord | SourcedRecord | None:
    record = None if archive is None or key is None else archive.get(key)
    return record if isinstance(record, BuildRecord | SourcedRecord) else None


def _complete(
    found: _AncestorFacts, record: BuildRecord | SourcedRecord | None, place: int, archive: Archive | None
) -> None:
    """Add what a record tells."""
    if record is None:
        return
    found.built, found.inputs = record.at, record.inputs
    if place < len(record.artifacts):
        found.archived = (record.artifacts[place],)
    if not found.sources and isinstance(record, SourcedRecord):
        found.sources = _rows(record.origins, record.sources, archive)


def _rows(rows: tuple[Saved, ...], count: int, archive: Archive | None) -> list[Origin | _SavedOrigin]:
    return [_SavedOrigin(rows, position, archive) for position in range(count)]


def _digest(value: tuple[Any, ...]) -> str | None:
    if not value:
        return None
    try:
        return digest(value[0])
    except Undigestable:
        return None
