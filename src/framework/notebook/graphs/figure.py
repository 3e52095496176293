"""`Figure`: what is drawn of a graph, as boxes and arrows, few enough to be read. Start at `figure_of`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from framework.observe import Edge, Graph, Node, NodeKey
from framework.observe.graph import NodeKind

STEPS = frozenset({"processor", "builder", "job"})
"""Kinds of nodes that work; the others flow between them."""

Hop = tuple[NodeKey, NodeKey]
"""An edge of the graph, by its ends."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box of the picture, which stands for the nodes `keys` of the graph.

    `lines` are targets inside of the box of their only provider. `group` names the group that a click expands, empty
    for a single node; `frames` are the expanded groups around the box, outermost first, each an id and a label.
    """

    keys: tuple[NodeKey, ...]
    kind: NodeKind
    label: str
    lines: tuple[str, ...] = ()
    missing: bool = False
    outside: bool = False
    persist: bool = False
    names: tuple[str, ...] = ()
    group: str = ""
    frames: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Arrow:
    """An arrow between two boxes, given by their places; `hops` are the edges of the graph that it stands for.

    `keys` are the events and targets that its labels name.
    """

    source: int
    target: int
    kind: str
    dashed: bool
    hops: frozenset[Hop]
    labels: tuple[str, ...] = ()
    keys: tuple[NodeKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """Boxes and arrows, in the order of the graph."""

    name: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


def figure_of(graph: Graph) -> Figure:
    """Return the boxes and arrows of a graph.

    A target with one provider is a line in the provider's box, and an event between one sender and one recipient is a
    label of the arrow between them, so that a chain of n steps is n boxes.
    """
    known = {node.key: node for node in graph.nodes}
    incoming, outgoing = _by_end(graph.edges)
    inside: dict[NodeKey, NodeKey] = {}
    labels: dict[NodeKey, Node] = {}
    for node in graph.nodes:
        sources, targets = incoming[node.key], outgoing[node.key]
        if node.missing or len(sources) != 1 or known[sources[0].source].kind not in STEPS:
            continue
        if node.kind == "target":
            inside[node.key] = sources[0].source
        elif node.kind == "event" and len(targets) == 1 and known[targets[0].target].kind in STEPS:
            labels[node.key] = node
    held: dict[NodeKey, list[Node]] = defaultdict(list)
    for target, provider in inside.items():
        held[provider].append(known[target])
    shown = [node for node in graph.nodes if node.key not in inside and node.key not in labels]
    boxes = tuple(_box(node, held[node.key]) for node in shown)
    places = {key: place for place, box in enumerate(boxes) for key in box.keys}
    arrows = []
    for edge in graph.edges:
        if edge.target in inside or edge.source in labels:
            continue  # the box of the provider, or the arrow that carries the label
        if edge.target in labels:
            arrows.append(_labelled(edge, outgoing[edge.target][0], labels[edge.target], places))
        else:
            arrows.append(_plain(edge, known, held, places, inside))
    return Figure(graph.name, boxes, merged(arrows))


def merged(arrows: Iterable[Arrow]) -> tuple[Arrow, ...]:
    """Return arrows with those of equal ends and look joined into one."""
    alike: dict[tuple[int, int, str, bool], list[Arrow]] = defaultdict(list)
    for arrow in arrows:
        alike[arrow.source, arrow.target, arrow.kind, arrow.dashed].append(arrow)
    return tuple(_joined(one) for one in alike.values())


def _joined(arrows: Sequence[Arrow]) -> Arrow:
    if len(arrows) == 1:
        return arrows[0]
    hops = frozenset().union(*(arrow.hops for arrow in arrows))
    labels = tuple(dict.fromkeys(label for arrow in arrows for label in arrow.labels))
    return replace(arrows[0], hops=hops, labels=labels, keys=tuple(key for arrow in arrows for key in arrow.keys))


def _by_end(edges: Iterable[Edge]) -> tuple[dict[NodeKey, list[Edge]], dict[NodeKey, list[Edge]]]:
    incoming: dict[NodeKey, list[Edge]] = defaultdict(list)
    outgoing: dict[NodeKey, list[Edge]] = defaultdict(list)
    for edge in edges:
        incoming[edge.target].append(edge)
        outgoing[edge.source].append(edge)
    return incoming, outgoing


def _box(node: Node, held: Sequence[Node]) -> Box:
    lines = tuple(target.label for target in held if target.label != node.label)
    return Box(
        (node.key, *(target.key for target in held)),
        node.kind,
        node.label,
        lines,
        missing=node.missing,
        outside=node.details.get("source") == "outside",
        persist=bool(node.details.get("persist")),
        names=(node.label, *lines),
    )


def _labelled(sent: Edge, received: Edge, event: Node, places: dict[NodeKey, int]) -> Arrow:
    hops = frozenset({(sent.source, event.key), (event.key, received.target)})
    dashed = not sent.observed
    ends = places[sent.source], places[received.target]
    return Arrow(*ends, "emits", dashed, hops, (event.label,), (event.key,))


def _plain(
    edge: Edge,
    known: dict[NodeKey, Node],
    held: dict[NodeKey, list[Node]],
    places: dict[NodeKey, int],
    inside: dict[NodeKey, NodeKey],
) -> Arrow:
    hops = {(edge.source, edge.target)}
    keys: tuple[NodeKey, ...] = ()
    labels = (edge.label,) if edge.label else ()
    if edge.source in inside:  # from a target, hence from the box of its provider
        provider = inside[edge.source]
        hops.add((provider, edge.source))
        keys = (edge.source,)
        labels = (known[edge.source].label,) if len(held[provider]) > 1 else labels
    dashed = edge.kind == "errors" or (edge.kind == "emits" and not edge.observed)
    return Arrow(places[edge.source], places[edge.target], edge.kind, dashed, frozenset(hops), labels, keys)
