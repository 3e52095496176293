"""Large figures made readable: boxes grouped by how they are connected, collapsed until they are expanded.

Start at `Outline`. No grouping follows the likeness of names, and none makes a circle that the graph has not: a group
is a sub-flow, boxes with the same neighbours, a series, a part that stands apart, or whole layers.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from framework.notebook.graphs.figure import Arrow, Box, Figure, merged

if TYPE_CHECKING:
    import networkx as nx

READABLE = 60
"""Boxes that a picture may have before it opens collapsed."""
FEWEST = 3
"""Boxes that make a group."""
LAYER_GROUPS = 12
"""Groups that the layers of a figure are divided into, about."""


@dataclass(frozen=True, slots=True)
class Group:
    """Boxes, by their places, and groups that are drawn as one box until it is expanded."""

    identifier: str
    label: str
    members: tuple[GroupMember, ...]

    def places(self) -> Iterator[int]:
        """Return the places of all boxes in it."""
        for member in self.members:
            yield from (member,) if isinstance(member, int) else member.places()


GroupMember = int | Group


GroupMarks = Sequence[tuple[Hashable, float]]
"""For each item what it shares with the others of its group, None for an item by itself, and its order there."""


class Outline:
    """The groups of a figure, and the figure that is left of it while some of them are expanded."""

    def __init__(self, figure: Figure) -> None:
        self.figure = figure
        self.items: tuple[GroupMember, ...] = tuple(range(len(figure.boxes)))
        small = len(figure.boxes) <= READABLE
        self._group(self._sub_flows(), fewest=1)
        self.opened = frozenset(item.identifier for item in self.items if isinstance(item, Group) and small)
        """The groups that are expanded at first."""
        for step in (_alike, _series, _alike, _apart, _layers):
            if not small and len(self.items) > READABLE:
                self._group(step(self._graph(), self._kinds()))

    def shown(self, expanded: frozenset[str]) -> Figure:
        """Return the figure with those groups expanded."""
        boxes: list[Box] = []
        home: dict[int, int] = {}
        for item, frames in _flat(self.items, expanded, ()):
            home.update(dict.fromkeys(_places(item), len(boxes)))
            box = self._box(item)
            boxes.append(replace(box, frames=frames) if frames else box)
        groups = {place for place, box in enumerate(boxes) if box.group}
        arrows = (_moved(arrow, home[arrow.source], home[arrow.target], groups) for arrow in self.figure.arrows)
        return Figure(self.figure.name, tuple(boxes), merged(arrow for arrow in arrows if arrow is not None))

    def _box(self, item: GroupMember) -> Box:
        boxes = [self.figure.boxes[place] for place in _places(item)]
        if isinstance(item, int):
            return boxes[0]
        keys = tuple(key for box in boxes for key in box.keys)
        names = tuple(name for box in boxes for name in box.names)
        missing = any(box.missing for box in boxes)
        return Box(keys, boxes[0].kind, item.label, missing=missing, names=names, group=item.identifier)

    def _sub_flows(self) -> GroupMarks:
        stages = (box.label.rpartition(".")[0] if box.kind == "job" else "" for box in self.figure.boxes)
        return [(stage or None, 0) for stage in stages]

    def _kinds(self) -> Sequence[Hashable]:
        firsts = (self.figure.boxes[next(_places(item))] for item in self.items)
        return [(box.kind, box.missing, box.outside) for box in firsts]

    def _graph(self) -> nx.DiGraph:
        """Return the items as they are now, by their places in `items`, and the arrows between them."""
        import networkx as nx

        home = {place: number for number, item in enumerate(self.items) for place in _places(item)}
        graph = nx.DiGraph()
        graph.add_nodes_from(range(len(self.items)))
        ends = ((home[arrow.source], home[arrow.target]) for arrow in self.figure.arrows)
        graph.add_edges_from((source, target) for source, target in ends if source != target)
        return graph

    def _group(self, marks: GroupMarks, fewest: int = FEWEST) -> None:
        groups: dict[tuple[int | None, Hashable], list[tuple[float, int]]] = defaultdict(list)
        for number, (sign, order) in enumerate(marks):
            groups[number if sign is None else None, sign].append((order, number))
        items: list[GroupMember] = []
        for (alone, sign), numbers in groups.items():
            members = [self.items[number] for _, number in sorted(numbers)]
            if alone is not None or len(members) < fewest:
                items += members
            else:
                items += (self._named(part, sign) for part in _parts(members))
        self.items = tuple(items)

    def _named(self, members: Sequence[GroupMember], sign: Hashable) -> GroupMember:
        places = [place for member in members for place in _places(member)]
        if len(members) == 1 and not isinstance(sign, str):
            return members[0]
        first, last = self.figure.boxes[places[0]], self.figure.boxes[places[-1]]
        label = sign if isinstance(sign, str) else f"{first.label} … {last.label} ({len(places)})"
        return Group(f"{len(places)} from {first.keys[0]}", label, tuple(members))


def _moved(arrow: Arrow, source: int, target: int, groups: set[int]) -> Arrow | None:
    """Return an arrow between other places, without labels at a group, and None within one."""
    at_group = source in groups or target in groups
    if at_group and source == target:
        return None
    labels = () if at_group else arrow.labels
    return Arrow(source, target, arrow.kind, arrow.dashed, arrow.hops, labels, arrow.keys)


# -- ways to group


def _alike(graph: nx.DiGraph, kinds: Sequence[Hashable]) -> GroupMarks:
    """Group what has the same kind, the same sources and the same targets."""
    return [
        ((kinds[item], frozenset(graph.predecessors(item)), frozenset(graph.successors(item))), item) for item in graph
    ]


def _series(graph: nx.DiGraph, _: Sequence[Hashable]) -> GroupMarks:
    """Group items that follow each other without a branch."""
    import networkx as nx

    follower = {item: next(graph.successors(item)) for item in graph if graph.out_degree(item) == 1}
    links = nx.DiGraph([(item, after) for item, after in follower.items() if graph.in_degree(after) == 1])
    marks: dict[int, tuple[Hashable, float]] = {}
    for series in nx.weakly_connected_components(links):
        head = next((item for item in series if links.in_degree(item) == 0), min(series))
        for order, item in enumerate(nx.dfs_preorder_nodes(links, head)):
            marks[item] = ((head,), order)
    return [marks.get(item, (None, 0)) for item in graph]


def _apart(graph: nx.DiGraph, _: Sequence[Hashable]) -> GroupMarks:
    """Group each part without an arrow to the others, and those of one or two items together."""
    import networkx as nx

    parts = [*nx.weakly_connected_components(graph)]
    marks: dict[int, tuple[Hashable, float]] = {}
    for number, part in enumerate(parts):
        sign = None if len(part) > READABLE else ("lone",) if len(part) < FEWEST else (number,)
        marks |= dict.fromkeys(part, (sign, number))
    return [marks[item] for item in graph]


def _layers(graph: nx.DiGraph, _: Sequence[Hashable]) -> GroupMarks:
    """Group layers that follow each other: every arrow leads to a later layer, or stays within a circle."""
    import networkx as nx

    whole = nx.condensation(graph)
    depth: dict[int, int] = {}
    for number in nx.topological_sort(whole):
        depth[number] = 1 + max((depth[before] for before in whole.predecessors(number)), default=-1)
    layer = {item: depth[number] for number, members in whole.nodes(data="members") for item in members}
    sizes = Counter(layer.values())
    stages, filled = {}, 0
    for number in sorted(sizes):
        stages[number] = filled * LAYER_GROUPS // len(layer)
        filled += sizes[number]
    return [((stages[layer[item]],), layer[item]) for item in graph]


def _parts(members: Sequence[GroupMember]) -> Iterator[Sequence[GroupMember]]:
    """Cut members into parts of at most `READABLE` boxes; in their order, no part leads back to an earlier one."""
    part: list[GroupMember] = []
    size = 0
    for member in members:
        count = sum(1 for _ in _places(member))
        if part and size + count > READABLE:
            yield part
            part, size = [], 0
        part.append(member)
        size += count
    yield part


def _places(item: GroupMember) -> Iterator[int]:
    return iter((item,)) if isinstance(item, int) else item.places()


def _flat(
    items: Iterable[GroupMember], expanded: frozenset[str], frames: tuple[tuple[str, str], ...], *, whole: bool = False
) -> Iterator[tuple[GroupMember, tuple[tuple[str, str], ...]]]:
    """Return what is drawn, and the expanded groups around it; a group that is small enough expands as a whole."""
    for item in items:
        if isinstance(item, int) or (item.identifier not in expanded and not whole):
            yield item, frames
        elif whole:
            yield from _flat(item.members, expanded, frames, whole=True)
        else:
            frame = (item.identifier, item.label)
            small = sum(1 for _ in item.places()) <= READABLE
            yield from _flat(item.members, expanded, (*frames, frame), whole=small)
