"""What a pipeline looked like: `Moment`, frozen as text, and `History`, one moment per phase."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from framework.observe import Failure, Snapshot
from framework.observe.text import short_repr

MOST_MOMENTS = 1000
MOST_WAITING = 50
"""Waiting events of a mailbox that are shown."""

Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Moment:
    """A pipeline as it was: counts, and texts of attributes and waiting events, by processor.

    `delivered` counts since the phase began; `changed` names the attributes that another value had a phase ago.
    """

    phase: int
    snapshot: Snapshot
    delivered: Mapping[str, int]
    attributes: Mapping[str, Texts]
    changed: frozenset[tuple[str, str]]
    inboxes: Mapping[str, Sequence[str]]
    failures: tuple[Failure, ...]
    waiting: str


class History:
    """The moments at which phases settled, oldest first; the first is how it was before the first phase."""

    def __init__(self) -> None:
        """Start empty."""
        self.moments: list[Moment] = []
        self.dropped = 0

    @property
    def last(self) -> Moment | None:
        """The latest settled phase."""
        return self.moments[-1] if self.moments else None

    def keep(self, moment: Moment) -> None:
        """Keep a moment; a later one of the same phase takes its place."""
        if self.moments and self.moments[-1].phase == moment.phase:
            self.moments.pop()
        self.moments.append(moment)
        if len(self.moments) > MOST_MOMENTS:
            del self.moments[0]
            self.dropped += 1

    def at(self, phase: int) -> Moment | None:
        """How it was when that phase had settled; None where that was not kept."""
        return next((moment for moment in reversed(self.moments) if moment.phase == phase), None)


def moment_of(pipeline: Any, snapshot: Snapshot, before: Moment | None, failures: Sequence[Failure]) -> Moment:
    """Look at a pipeline that rests, and freeze what is seen.

    Only processors that got something since `before` are looked at again: what the others hold is the same text.
    """
    attributes: dict[str, Texts] = {}
    delivered: dict[str, int] = {}
    for name, node in snapshot.nodes.items():
        delivered[name] = node.done - (before.snapshot.nodes[name].done if before else 0)
        known = before is not None and not delivered[name]
        attributes[name] = before.attributes[name] if known and before else attributes_of(pipeline[name])
    inboxes = {name: waiting_texts(pipeline, name) for name, node in snapshot.nodes.items() if node.waiting}
    changed = _changed(before.attributes, attributes) if before else frozenset()
    waiting = pipeline.why_waiting()
    return Moment(snapshot.phase, snapshot, delivered, attributes, changed, inboxes, tuple(failures), waiting)


def counted_now(moment: Moment, snapshot: Snapshot, before: Moment | None) -> Moment:
    """The moment with the counts of a pipeline that is running meanwhile: its attributes are not looked at."""
    done = {
        name: node.done - (before.snapshot.nodes[name].done if before else 0) for name, node in snapshot.nodes.items()
    }
    return replace(moment, phase=snapshot.phase, snapshot=snapshot, delivered=done)


def waiting_texts(pipeline: Any, name: str) -> tuple[str, ...]:
    """The first events in a mailbox, as short texts."""
    return tuple(short_repr(event) for event in islice(pipeline.inbox(name), MOST_WAITING))


def attributes_of(thing: object) -> Texts:
    """Return the public attributes of an object, each as a short text."""
    public = {name: value for name, value in vars(thing).items() if not name.startswith("_")}
    return {name: short_repr(value) for name, value in public.items() if name not in {"name", "priority"}}


def _changed(before: Mapping[str, Texts], now: Mapping[str, Texts]) -> frozenset[tuple[str, str]]:
    return frozenset(
        (name, attribute)
        for name, texts in now.items()
        if texts is not before.get(name)
        for attribute, text in texts.items()
        if before.get(name, {}).get(attribute) != text
    )
