"""`Canvas`: a graph as a reader explores it: groups expanded, fitted into a width. `DrawingWidget` shows one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Any

from framework.notebook.graphs.arrange import PAGE, arranged
from framework.notebook.graphs.digraph import edge_id, node_id
from framework.notebook.graphs.figure import Box, Figure, Hop, figure_of
from framework.notebook.graphs.groups import Outline
from framework.notebook.graphs.node_marks import Bar, bars_of, notes_of, states_of
from framework.notebook.graphs.picture import picture_svg
from framework.notebook.widgets.live import LiveWidget, static_text
from framework.observe import Graph, NodeKey, Snapshot

NARROWEST = 300
"""Width in px that a figure is laid out for, at least."""


class Canvas:
    """Answers what a click on a picture of a graph asks for, and draws it anew."""

    def __init__(self, graph: Graph) -> None:
        self.width = PAGE
        self.expanded: frozenset[str] = frozenset()
        self.look_at(graph)

    def look_at(self, graph: Graph) -> None:
        """Show another graph, in which the same groups are expanded where it has them."""
        self.graph = graph
        self._outline = Outline(figure_of(graph))
        self.expanded |= self._outline.opened
        self.figure = self._outline.shown(self.expanded)

    def picture(self, room: Callable[[Box], str]) -> str:
        """Return the figure as an `<svg>` without colours, with `room` for last lines; raises LayoutUnavailable."""
        return _drawn(self.figure, self.width, tuple(room(box) for box in self.figure.boxes))

    def handle(self, command: Mapping[str, Any]) -> bool:
        """Carry out a command of the picture; return whether it is one."""
        match command:
            case {"do": "toggle", "group": str() as group}:
                self.expanded ^= {group}
                self.figure = self._outline.shown(self.expanded)
            case {"do": "width", "width": int() | float() as width}:
                self.width = max(NARROWEST, int(width))
            case _:
                return False
        return True

    def marks(self, snapshot: Snapshot | None) -> list[tuple[str, str, str, Bar]]:
        """Return id, state, last lines and bar of each box."""
        states, notes = states_of(self.figure, snapshot), notes_of(self.figure, snapshot)
        marks = zip(states, notes, bars_of(self.figure, snapshot), strict=True)
        return [(node_id(number), state or "", note, bar) for number, (state, note, bar) in enumerate(marks)]

    def used(self, hops: Collection[Hop]) -> list[str]:
        """Return the ids of the arrows that stand for one of these edges."""
        wanted = set(hops)
        return [edge_id(number) for number, arrow in enumerate(self.figure.arrows) if not wanted.isdisjoint(arrow.hops)]

    def keys(self, identifier: str) -> tuple[str, tuple[NodeKey, ...]]:
        """Return the label and the nodes of the box or the arrow with that id; nothing for an unknown one."""
        for number, box in enumerate(self.figure.boxes):
            if node_id(number) == identifier:
                return box.label, box.keys
        for number, arrow in enumerate(self.figure.arrows):
            if edge_id(number) == identifier:
                return ", ".join(arrow.labels), arrow.keys
        return "", ()

    def find(self, key: NodeKey) -> str | None:
        """Return the id of the box, or else of the arrow, that stands for a node of the graph."""
        boxes = (node_id(number) for number, box in enumerate(self.figure.boxes) if key in box.keys)
        arrows = (edge_id(number) for number, arrow in enumerate(self.figure.arrows) if key in arrow.keys)
        return next(boxes, None) or next(arrows, None)


class DrawingView:
    """A graph in the state of a snapshot."""

    def __init__(self, graph: Graph, snapshot: Snapshot | None) -> None:
        self._canvas, self._snapshot = Canvas(graph), snapshot

    def picture(self) -> str:
        """Return the graph as an `<svg>` without colours."""
        notes = dict(zip(self._canvas.figure.boxes, notes_of(self._canvas.figure, self._snapshot), strict=True))
        return self._canvas.picture(notes.__getitem__)

    def state(self) -> Mapping[str, Any]:
        """Return the state and the last lines of each box."""
        return {"nodes": self._canvas.marks(self._snapshot), "used": [], "selected": None}

    def handle(self, command: Mapping[str, Any]) -> None:
        """Expand a group, collapse it, or lay the graph out for another width."""
        self._canvas.handle(command)


class DrawingWidget(LiveWidget):
    """The picture with a toolbar to search, focus and zoom."""

    _esm = static_text("common.js", "graph.js", "drawing.js")
    _css = static_text("widgets.css")


@lru_cache(maxsize=16)
def _drawn(figure: Figure, width: int, notes: tuple[str, ...]) -> str:
    return picture_svg(arranged(figure, width, notes=notes), figure, styled=False)
