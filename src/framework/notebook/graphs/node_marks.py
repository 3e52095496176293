"""The state and the last lines of each box of a picture."""

from __future__ import annotations

from collections.abc import Sequence

from framework.notebook.graphs.figure import Box, Figure
from framework.notebook.graphs.theme import LOOKS, State, state_of, worst
from framework.observe import NodeSnapshot, Snapshot

BAR = 5
"""Signs of the bar that shows how much of the work of a box is done."""


def states_of(figure: Figure, snapshot: Snapshot | None = None) -> list[State | None]:
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
    """Return the counts of one node, or of several drawn as one, and a bar while work waits: "✓ 12 ✗ 1 … 3 ▰▰▰▰▱"."""
    done, waiting = sum(node.done for node in nodes), sum(node.waiting for node in nodes)
    failed = sum(node.failed for node in nodes)
    counts: list[tuple[State, int]] = [
        ("running", sum(node.running for node in nodes)),
        ("ran", done - failed),
        ("failed", failed),
        ("waiting", waiting),
    ]
    text = " ".join(f"{LOOKS[state].icon} {count:,}" for state, count in counts if count) or LOOKS["idle"].icon
    full = BAR * done // (done + waiting) if waiting else 0
    return f"{text} {'▰' * full}{'▱' * (BAR - full)}" if waiting else text


def _places(nodes: Sequence[NodeSnapshot]) -> str:
    workers, most = sum(node.workers for node in nodes), sum(node.max_workers for node in nodes)
    waiting, room = sum(node.waiting for node in nodes), sum(node.capacity or 0 for node in nodes)
    return f"workers {workers}/{most}, queue {waiting}/{room}"


def _state(box: Box, snapshot: Snapshot | None) -> State | None:
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
