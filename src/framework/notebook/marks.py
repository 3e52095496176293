"""What stands out in a picture: the state of each node and its second line."""

from __future__ import annotations

from framework.notebook.collapse import members
from framework.notebook.theme import LOOKS, State, state_of, worst
from framework.observe import Graph, Node, NodeKey, NodeSnapshot, Snapshot

CONTROL_EVENTS = frozenset({"__INIT__", "__PHASE__", "__POISON__"})
"""Sent by every pipeline itself, so nobody needs to emit or receive them."""


def states_of(graph: Graph, snapshot: Snapshot | None = None) -> dict[NodeKey, State]:
    """The state of each node that has one: what is missing or leads nowhere, and what the snapshot says."""
    states: dict[NodeKey, State] = {}
    emitted = {edge.target for edge in graph.edges if edge.kind == "emits"}
    received = {edge.source for edge in graph.edges if edge.kind == "receives"}
    for node in graph.nodes:
        if node.kind == "event" and isinstance(node.key, tuple):
            state = _event_state(node.key, emitted, received)
        else:
            state = _node_state(node, snapshot)
        if state is not None:
            states[node.key] = state
    return states


def notes_of(graph: Graph, snapshot: Snapshot | None = None) -> dict[NodeKey, str]:
    """The second line of each node that is in the snapshot."""
    if snapshot is None or snapshot.state == "not started":
        return {}
    return {node.key: note_of(snaps) for node in graph.nodes if (snaps := _snapshots(node, snapshot))}


def note_of(nodes: list[NodeSnapshot]) -> str:
    """How it stands with one node, or several drawn as one, in a few words: "✓ 12  ✗ 1  … 3"."""
    counts: list[tuple[State, int]] = [
        ("running", sum(node.running for node in nodes)),
        ("ran", sum(node.done - node.failed for node in nodes)),
        ("failed", sum(node.failed for node in nodes)),
        ("waiting", sum(node.waiting for node in nodes)),
    ]
    return "  ".join(f"{LOOKS[state].icon} {count:,}" for state, count in counts if count) or LOOKS["idle"].icon


def _node_state(node: Node, snapshot: Snapshot | None) -> State | None:
    if node.missing:
        return "missing"
    snaps = _snapshots(node, snapshot)
    return worst(state_of(snap) for snap in snaps) if snaps else None


def _event_state(key: tuple[str | None, ...], emitted: set[NodeKey], received: set[NodeKey]) -> State | None:
    _, class_name, name = key
    if name is None or name in CONTROL_EVENTS:  # any name, so that somebody may well emit it
        return None
    # A pattern without a name takes every event of its class, and one of the base class every event.
    taken = key in received or ("event", class_name, None) in received or ("event", "Event", None) in received
    if key in emitted:
        return None if taken else "unreceived"
    return "unemitted" if taken else None


def _snapshots(node: Node, snapshot: Snapshot | None) -> list[NodeSnapshot]:
    if snapshot is None:
        return []
    return [snapshot.nodes[key] for key in members(node) if isinstance(key, str) and key in snapshot.nodes]
