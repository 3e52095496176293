"""`Origin`: where an artifact comes from, kept beside its event; no artifact is kept alive by it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from weakref import ReferenceType, ref

from framework.archive import Archive
from framework.core import Context
from framework.core.reactive_event import ReactiveEvent
from framework.observe.text import short_repr

SMALL: Final = frozenset({bool, complex, float, int, str, type(None)})
SMALL_TEXT = 80
FEW = 8
DEEPEST = 1000
"""So many builds are remembered one behind the other: a builder that requires what it provides may go on for ever."""
MOST_SAVED = 10_000
"""So many origins are saved with a record, beginning with its inputs; none behind those whose builder keeps records."""

Saved = tuple[str | None, str, str | None, str | None, int, str, tuple[int, ...]]
"""An origin in a record: builder, target, identity of its archive, key there, place, text, positions of sources."""


class Made:
    """Who built what: the same for all artifacts of a builder, or of one record where results are kept."""

    __slots__ = ("archive", "builder", "inputs", "key", "plumbing", "recorded", "saved", "target")

    def __init__(self, builder: str | None, target: str, *, plumbing: bool = False) -> None:
        self.builder = builder
        self.target = target
        self.plumbing = plumbing
        self.key: str | None = None  # of the record where the results are kept
        self.archive: Archive | None = None  # of that record
        self.recorded: float | None = None  # when the record was made that it was replayed from (Unix time)
        self.saved: tuple[Saved, ...] = ()  # of a former run: the origins of its inputs, and those behind them
        self.inputs = 0  # how many of them are the inputs

    def renamed(self, builder: str | None, target: str) -> Made:
        """Return the same under other names: those of the builder that others work for."""
        made = Made(builder, target)
        made.key, made.archive, made.recorded = self.key, self.archive, self.recorded
        made.saved, made.inputs = self.saved, self.inputs
        return made


class Origin:
    """Where one artifact comes from; shows the artifact while it is small or its event alive."""

    __slots__ = ("depth", "made", "place", "seen", "sources")

    def __init__(self, made: Made, sources: tuple[Origin, ...], depth: int, place: int, event: ReactiveEvent) -> None:
        self.made = made
        self.sources = sources
        self.depth = depth
        self.place = place
        artifact = event.artifact
        kind = artifact.__class__
        if kind in SMALL:
            self.seen = artifact if kind is not str or len(artifact) <= SMALL_TEXT else ref(event)
        else:
            self.seen = artifact if kind is tuple and is_small(artifact) else ref(event)

    @property
    def artifact(self) -> tuple[Any, ...]:
        """Return the artifact in a tuple, an empty one where it is gone."""
        if isinstance(self.seen, ReferenceType):
            event = self.seen()
            return () if event is None else (event.artifact,)
        return (self.seen,)


class Derived:
    """An artifact that a builder yields with its origin, which is not the input at hand."""

    __slots__ = ("artifact", "made", "place", "sources")

    def __init__(self, artifact: Any, made: Made | None, sources: tuple[Origin, ...], place: int = 0) -> None:
        """Join an artifact with who made it, the builder that yields it by default, and from what."""
        self.artifact = artifact
        self.made = made
        self.sources = sources
        self.place = place


def is_small(artifact: tuple[Any, ...], depth: int = 2) -> bool:
    """Return whether a tuple holds a few scalars and small tuples only, so that keeping it costs nothing."""
    return len(artifact) <= FEW and all(
        (part.__class__ in SMALL and (part.__class__ is not str or len(part) <= SMALL_TEXT))
        or (part.__class__ is tuple and depth > 0 and is_small(part, depth - 1))
        for part in artifact
    )


def made_from(context: Context, artifact: Any, origins: Iterable[Origin]) -> Any:
    """Return what to yield for an artifact that was made from others than the input at hand.

    Outside of a run that is the artifact itself.
    """
    return derived(context, artifact, None, tuple(origins))


def derived(context: Context, artifact: Any, made: Made | None, origins: tuple[Origin, ...], place: int = 0) -> Any:
    """Return an artifact with its origin; outside of a run the artifact itself."""
    return Derived(artifact, made, origins, place) if hasattr(context, "origins") else artifact


def origin_of(event: ReactiveEvent) -> Origin:
    """Return the origin of an announced artifact; one from outside gets one."""
    try:
        origin: Origin = event.origin
    except AttributeError:
        origin = event.origin = Origin(Made(None, event.target), (), 0, 0, event)
    return origin


def origins_of(context: Context) -> tuple[Origin, ...]:
    """Return the origins of the input that is being built; none outside of a run."""
    return getattr(context, "origins", ())


def followed(origins: tuple[Origin, ...]) -> tuple[tuple[Origin, ...], int]:
    """Return the sources that inputs stand for, and the depth of what is made from them.

    In place of what plumbing passed on stand those that it was given.
    """
    if len(origins) == 1:
        (origin,) = origins
        if origin.depth < DEEPEST and not origin.made.plumbing:
            return origins, origin.depth + 1
    depth = 0
    for origin in origins:
        if origin.depth >= depth:
            depth = origin.depth + 1
        if origin.made.plumbing:
            found = {id(source): source for one in origins for source in (one.sources if one.made.plumbing else (one,))}
            origins = tuple(found.values())
            break
    if depth > DEEPEST:
        return (), 0
    return origins, depth


def saved(made: Made, sources: tuple[Origin, ...]) -> tuple[int, tuple[Saved, ...]]:
    """Return the origins of sources, to be kept with the record that was made from them, and how many are inputs."""
    if made.saved:
        return made.inputs, made.saved
    found = list(sources)
    positions = {id(origin): position for position, origin in enumerate(found)}
    rows: list[Saved] = []
    for origin in found:  # which grows
        about = origin.made
        links: list[int] = []
        if about.key is None:
            for source in origin.sources:
                if id(source) not in positions and len(found) < MOST_SAVED:
                    positions[id(source)] = len(found)
                    found.append(source)
                links += [positions[id(source)]] if id(source) in positions else []
        text = short_repr(origin.artifact[0], SMALL_TEXT) if about.key is None and origin.artifact else ""
        identity = getattr(about.archive, "identity", None)  # none in memory
        rows.append((about.builder, about.target, identity, about.key, origin.place, text, tuple(links)))
    return len(sources), tuple(rows)
