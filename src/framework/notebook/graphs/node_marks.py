"""The state, the last lines and the bar of each box of a picture."""

from __future__ import annotations

from collections.abc import Sequence

from framework.notebook.graphs.figure import Box, Figure
from framework.notebook.graphs.theme import BARS, LOOKS, NodeState, state_of, worst
from framework.observe import NodeSnapshot, Snapshot

NARROWEST = 0.03
"""Part of a bar that a single failure has at least, so that it is seen."""
Bar = tuple[tuple[NodeState, float], ...]
"""The work of a box by what became of it: states with their shares, which add up to one; nothing without work."""


def states_of(figure: Figure, snapshot: Snapshot | None = None) -> list[NodeState | None]:
    """Return the state of each box that has one: what is missing or leads nowhere, and what the snapshot says."""
    return [_state(box, snapshot) for box in figure.boxes]


def notes_of(figure: Figure, snapshot: Snapshot | None = None) -> list[str]:
    """Return the last lines of each box that is in the snapshot, nothing for the others."""
    if snapshot is None or snapshot.state == "not started":
        return [""] * len(figure.boxes)
    notes = []
    for box in figure.boxes:
        nodes = _snapshots(box, snapshot)
        places = f"\n{_places(nodes)}" if nodes and box.kind == "job" else ""
        notes.append(note_of(nodes) + places if nodes else "")
    return notes


def note_of(nodes: Sequence[NodeSnapshot]) -> str:
    """Return the counts of one node, or of several drawn as one, as in "✓ 12 ✗ 1 … 3"."""
    return " ".join(f"{LOOKS[state].icon} {count:,}" for state, count in _counts(nodes)) or LOOKS["idle"].icon


def bars_of(figure: Figure, snapshot: Snapshot | None = None) -> list[Bar]:
    """Return the bar of each box, with the states of `BARS`."""
    bars = []
    for box in figure.boxes:
        counts = dict(_counts(_snapshots(box, snapshot)))
        least = NARROWEST * sum(counts.values())
        parts = {state: max(counts[state], least) for state in BARS if state in counts}
        whole = sum(parts.values())
        bars.append(tuple((state, round(part / whole, 4)) for state, part in parts.items()))
    return bars


def _counts(nodes: Sequence[NodeSnapshot]) -> list[tuple[NodeState, int]]:
    failed = sum(node.failed for node in nodes)
    counts: list[tuple[NodeState, int]] = [
        ("running", sum(node.running for node in nodes)),
        ("ran", sum(node.done for node in nodes) - failed),
        ("failed", failed),
        ("waiting", sum(node.waiting for node in nodes)),
    ]
    return [(state, count) for state, count in counts if count]


def _places(nodes: Sequence[NodeSnapshot]) -> str:
    workers, most = sum(node.workers for node in nodes), sum(node.max_workers for node in nodes)
    waiting, room = sum(node.waiting for node in nodes), sum(node.capacity or 0 for node in nodes)
    return f"workers {workers}/{most}, queue {waiting}/{room}"


def _state(box: Box, snapshot: Snapshot | None) -> NodeState | None:
    if box.missing:
        return "unreceived" if box.kind == "event" else "missing"
    if box.outside:
        return "unemitted"
    nodes = _snapshots(box, snapshot)
    if nodes:
        return worst(state_of(node) for node in nodes)
    return None


def _snapshots(box: Box, snapshot: Snapshot | None) -> list[NodeSnapshot]:
    if snapshot is None:
        return []
    return [snapshot.nodes[key] for key in box.keys if isinstance(key, str) and key in snapshot.nodes]
