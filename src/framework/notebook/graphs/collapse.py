"""Large graphs made readable: nodes that differ only in a number are drawn as one, "Worker-1..40 (40)"."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

from framework.observe import Edge, Graph, Node, NodeKey

READABLE = 60
"""Nodes a picture may have before it is collapsed."""
FEWEST = 4
"""Nodes that a group must have to be drawn as one."""

_NUMBERED = re.compile(r"^(.*?)(\d+)$", re.DOTALL)
_WORDS = re.compile(r"^([^-_./: ]+[-_./: ])", re.DOTALL)


def collapsed(graph: Graph, readable: int = READABLE) -> Graph:
    """The graph with groups of like-named nodes drawn as one, where it has more than `readable` nodes.

    Nodes that differ in a number at the end go first, then those that share their first word. A group keeps the keys
    of its nodes in `details["members"]`.
    """
    for stem in (_before_number, _first_word):
        if len(graph.nodes) > readable:
            graph = _merged(graph, stem)
    return graph


def members(node: Node) -> tuple[NodeKey, ...]:
    """The keys of the nodes that are drawn as this one."""
    keys: tuple[NodeKey, ...] = node.details.get("members", (node.key,))  # type: ignore[assignment]
    return keys


def _merged(graph: Graph, stem: Callable[[str], str | None]) -> Graph:
    groups: dict[object, list[Node]] = defaultdict(list)
    for node in graph.nodes:
        prefix = stem(node.label)
        apart = node.key[:-1] if isinstance(node.key, tuple) else ()
        groups[(node.kind, apart, node.missing, prefix) if prefix is not None else node.key].append(node)
    nodes: list[Node] = []
    home: dict[NodeKey, NodeKey] = {}
    for group in groups.values():
        shown = [_group_node(group)] if len(group) >= FEWEST else group
        nodes += shown
        home.update({node.key: shown[-1].key if len(shown) == 1 else node.key for node in group})
    return Graph(graph.name, tuple(nodes), _rerouted(graph.edges, home))


def _group_node(group: Sequence[Node]) -> Node:
    first, last = group[0], group[-1]
    keys = tuple(key for node in group for key in members(node))
    return replace(first, label=_group_label(first.label, last.label, len(keys)), details={"members": keys})


def _group_label(first: str, last: str, count: int) -> str:
    start, end = _NUMBERED.match(first), _NUMBERED.match(last)
    if start and end and start[1] == end[1]:
        return f"{first}..{end[2]} ({count})"
    return f"{_first_word(first) or first}* ({count})"


def _rerouted(edges: Sequence[Edge], home: dict[NodeKey, NodeKey]) -> tuple[Edge, ...]:
    kept: dict[tuple[NodeKey, NodeKey, str], Edge] = {}
    for edge in edges:
        moved = replace(edge, source=home[edge.source], target=home[edge.target])
        place = (moved.source, moved.target, moved.kind)
        known = kept.get(place)
        kept[place] = moved if known is None else replace(known, observed=known.observed or moved.observed)
    return tuple(kept.values())


def _before_number(label: str) -> str | None:
    found = _NUMBERED.match(label)
    return found[1] if found else None


def _first_word(label: str) -> str | None:
    found = _WORDS.match(label)
    return found[1] if found else None
