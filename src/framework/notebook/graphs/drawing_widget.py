"""A drawing that is explored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from framework.notebook.graphs.canvas import Canvas
from framework.notebook.graphs.figure import Box
from framework.notebook.graphs.node_marks import notes_of
from framework.notebook.widgets.live import LiveWidget, static_text
from framework.observe import Graph, Snapshot


class DrawingView:
    """A graph in the state of a snapshot."""

    def __init__(self, graph: Graph, snapshot: Snapshot | None) -> None:
        self._canvas, self._snapshot = Canvas(graph), snapshot

    def picture(self) -> str:
        """Return the graph as an `<svg>` without colours."""
        notes = dict(zip(self._canvas.figure.boxes, notes_of(self._canvas.figure, self._snapshot), strict=True))

        def room(box: Box) -> str:
            return notes[box]

        return self._canvas.picture(room)

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
