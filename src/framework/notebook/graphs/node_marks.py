"""The state and the second line of each node of a picture."""

from __future__ import annotations

from framework.notebook.graphs.collapse import members
from framework.notebook.graphs.theme import LOOKS, State, state_of, worst
from framework.observe import Graph, Node, NodeKey, NodeSnapshot, Snapshot


def states_of(graph: Graph, snapshot: Snapshot | None = None) -> dict[NodeKey, State]:
    """The state of each node that has one: what is missing or leads nowhere, and what the snapshot says."""
    states = {node.key: _state(node, snapshot) for node in graph.nodes}
    return {key: state for key, state in states.items() if state is not None}


def notes_of(graph: Graph, snapshot: Snapshot | None = None) -> dict[NodeKey, str]:
    """The second line of each node that is in the snapshot."""
    if snapshot is None or snapshot.state == "not started":
        return {}
    notes = {node.key: note_of(snaps) for node in graph.nodes if (snaps := _snapshots(node, snapshot))}
    jobs = (node for node in graph.nodes if node.kind == "job" and node.key in notes)
    return notes | {node.key: f"{notes[node.key]}\n{_places(_snapshots(node, snapshot))}" for node in jobs}


def note_of(nodes: list[NodeSnapshot]) -> str:
    """Return the counts of one node, or of several drawn as one: "✓ 12  ✗ 1  … 3"."""
    counts: list[tuple[State, int]] = [
        ("running", sum(node.running for node in nodes)),
        ("ran", sum(node.done - node.failed for node in nodes)),
        ("failed", sum(node.failed for node in nodes)),
        ("waiting", sum(node.waiting for node in nodes)),
    ]
    return "  ".join(f"{LOOKS[state].icon} {count:,}" for state, count in counts if count) or LOOKS["idle"].icon


def _places(nodes: list[NodeSnapshot]) -> str:
    workers, most = sum(node.workers for node in nodes), sum(node.max_workers for node in nodes)
    waiting, room = sum(node.waiting for node in nodes), sum(node.capacity or 0 for node in nodes)
    return f"workers {workers}/{most}, queue {waiting}/{room}"


def _state(node: Node, snapshot: Snapshot | None) -> State | None:
    if node.missing:
        return "unreceived" if node.kind == "event" else "missing"
    if node.details.get("source") == "outside":
        return "unemitted"
    snaps = _snapshots(node, snapshot)
    return worst(state_of(snap) for snap in snaps) if snaps else None


def _snapshots(node: Node, snapshot: Snapshot | None) -> list[NodeSnapshot]:
    if snapshot is None:
        return []
    return [snapshot.nodes[key] for key in members(node) if isinstance(key, str) and key in snapshot.nodes]
