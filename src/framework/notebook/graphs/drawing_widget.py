"""A drawing that can be zoomed and moved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from framework.notebook.graphs.digraph import digraph, node_id
from framework.notebook.graphs.layout import layout_svg
from framework.notebook.graphs.node_marks import notes_of, states_of
from framework.notebook.graphs.picture import titled
from framework.notebook.widgets.live import LiveWidget, static_text
from framework.observe import Graph, Snapshot


class DrawingView:
    """A graph without colours, and the state of each of its nodes."""

    def __init__(self, graph: Graph, snapshot: Snapshot | None) -> None:
        """Show that graph, in the state of that snapshot."""
        self._graph = graph
        self._states, self._notes = states_of(graph, snapshot), notes_of(graph, snapshot)

    def picture(self) -> str:
        """Return the graph as an `<svg>` without colours."""
        return titled(layout_svg(digraph(self._graph, notes=self._notes).source), self._graph)

    def state(self) -> Mapping[str, Any]:
        """Return the state and the second line of each node."""
        nodes = [
            (node_id(number), self._states.get(node.key, ""), self._notes.get(node.key, ""))
            for number, node in enumerate(self._graph.nodes)
        ]
        return {"nodes": nodes, "used": [], "selected": None}

    def handle(self, command: Mapping[str, Any]) -> None:
        """Ignore the command: a drawing has none."""


class DrawingWidget(LiveWidget):
    """The picture with buttons to zoom and fit."""

    _esm = static_text("common.js", "graph.js", "drawing.js")
    _css = static_text("widgets.css")
