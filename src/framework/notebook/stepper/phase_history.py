"""The states of a stepped pipeline: `PhaseState`, frozen as text, `PhaseHistory`, one per phase, and `Activity`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from framework.notebook.lineage.selection import key_of
from framework.observe import DeliveryFailed, EventSubmitted, Failure, NodeKey, PhaseStarted, Snapshot
from framework.observe.text import short_repr

MOST_PHASES = 1000
MOST_WAITING = 50
"""Waiting events of a mailbox that are shown."""

Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PhaseState:
    """A pipeline at the end of a phase, or now: counts, and by processor texts of attributes and waiting events.

    `delivered` counts since the phase began; `changed` names the attributes whose value differs from a phase ago.
    """

    phase: int
    snapshot: Snapshot
    delivered: Mapping[str, int]
    attributes: Mapping[str, Texts]
    changed: frozenset[tuple[str, str]]
    inboxes: Mapping[str, Sequence[str]]
    failures: tuple[Failure, ...]
    waiting: str
    findings: tuple[tuple[str, str, str], ...] = ()
    """What is odd: the sentence, the place and the remedy of each finding."""


class PhaseHistory:
    """The states at which phases settled, oldest first, beginning with the state before the first phase."""

    def __init__(self) -> None:
        self.states: list[PhaseState] = []
        self.dropped = 0

    @property
    def last(self) -> PhaseState | None:
        """Return the state of the latest settled phase."""
        return self.states[-1] if self.states else None

    def keep(self, state: PhaseState) -> None:
        """Keep a state; a later one of the same phase replaces it."""
        if self.states and self.states[-1].phase == state.phase:
            self.states.pop()
        self.states.append(state)
        if len(self.states) > MOST_PHASES:
            del self.states[0]
            self.dropped += 1

    def at(self, phase: int) -> PhaseState | None:
        """Return the state when that phase had settled, None where it was not kept."""
        return next((state for state in reversed(self.states) if state.phase == phase), None)


class Activity:
    """An observer of a running pipeline: keeps failures, and which arrows of the graph each phase used."""

    def __init__(self, tell: Callable[[], object]) -> None:
        """Call `tell` after each happening."""
        self.failures: list[Failure] = []
        self.used: dict[int, set[tuple[NodeKey, NodeKey]]] = {}
        self._tell = tell

    def __call__(self, happening: Any) -> None:
        """Take in one happening, on any thread."""
        match happening:
            case EventSubmitted(event=event, sender=sender, recipients=recipients, phase=phase):
                used = self.used.setdefault(phase, set())
                key = key_of(event)
                if sender is not None:
                    used.add((sender, key))
                used.update((key, recipient) for recipient in recipients)
            case DeliveryFailed(failure=failure):
                self.failures.append(failure)
            case PhaseStarted(phase=phase):
                self.used.setdefault(phase, set())
        self._tell()


def phase_state(
    pipeline: Any, snapshot: Snapshot, before: PhaseState | None, failures: Sequence[Failure]
) -> PhaseState:
    """Return the state of a pipeline that does not run.

    Attributes are read only of processors with deliveries since `before`; the others keep their texts.
    """
    attributes: dict[str, Texts] = {}
    delivered = _delivered(snapshot, before)
    for name in snapshot.nodes:
        known = before is not None and not delivered[name]
        attributes[name] = before.attributes[name] if known and before else attributes_of(pipeline[name])
    inboxes = {name: waiting_texts(pipeline, name) for name, node in snapshot.nodes.items() if node.waiting}
    changed = _changed(before.attributes, attributes) if before else frozenset()
    waiting = pipeline.why_waiting()
    found = pipeline.diagnose() if snapshot.done else ()
    findings = tuple((finding.text, finding.where, finding.remedy) for finding in found)
    return PhaseState(
        snapshot.phase, snapshot, delivered, attributes, changed, inboxes, tuple(failures), waiting, findings
    )


def counted_now(state: PhaseState, snapshot: Snapshot, before: PhaseState | None) -> PhaseState:
    """Return the state with the counts of a pipeline that runs meanwhile, whose attributes are not read."""
    return replace(state, phase=snapshot.phase, snapshot=snapshot, delivered=_delivered(snapshot, before))


def _delivered(snapshot: Snapshot, before: PhaseState | None) -> dict[str, int]:
    done = {} if before is None else before.snapshot.nodes
    return {name: node.done - (done[name].done if done else 0) for name, node in snapshot.nodes.items()}


def waiting_texts(pipeline: Any, name: str) -> tuple[str, ...]:
    """Return the first events of a mailbox as short texts."""
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
