"""Which nodes of a graph an event belongs to."""

from __future__ import annotations

from typing import Any

from framework.observe import Graph, NodeKey

_PROTOCOL = frozenset({("event", "ReactiveEvent", "resolve"), ("event", "ReactiveEvent", "built")})
"""How builders ask for and announce targets: a graph with targets shows the same without them."""


def keys_of(event: Any) -> tuple[NodeKey, ...]:
    """The node of an event; that of its target as well where it announces an artifact."""
    key: NodeKey = ("event", type(event).__name__, event.name)
    target = getattr(event, "target", None)
    return (key, ("target", target)) if isinstance(target, str) and event.name == "built" else (key,)


def without_protocol(graph: Graph) -> Graph:
    """The graph without the events by which builders ask and answer each other, which its targets stand for."""
    builders = {node.key for node in graph.nodes if node.kind == "builder"}
    edges = tuple(
        edge
        for edge in graph.edges
        if not ({edge.source, edge.target} & _PROTOCOL and {edge.source, edge.target} & builders)
    )
    used = {key for edge in edges for key in (edge.source, edge.target)}
    nodes = tuple(node for node in graph.nodes if node.key not in _PROTOCOL or node.key in used or not builders)
    return Graph(graph.name, nodes, edges)
