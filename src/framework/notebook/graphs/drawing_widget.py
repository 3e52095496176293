"""A drawing that can be zoomed and moved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from framework.notebook.graphs.dot import dot_text, node_id
from framework.notebook.graphs.layout import layout_svg
from framework.notebook.graphs.node_marks import notes_of, states_of
from framework.notebook.widgets.live import LiveWidget, static_text

if TYPE_CHECKING:
    from framework.notebook.graphs.drawing import Drawing


class DrawingView:
    """The picture, and the state of each node in it."""

    def __init__(self, drawing: Drawing) -> None:
        """Show that drawing."""
        self.drawing = drawing

    def picture(self) -> str:
        """The graph as an `<svg>` without colours."""
        return layout_svg(dot_text(self.drawing.shown, notes=notes_of(self.drawing.shown, self.drawing.snapshot)))

    def state(self) -> Mapping[str, Any]:
        """What colours the nodes."""
        shown, snapshot = self.drawing.shown, self.drawing.snapshot
        states, notes = states_of(shown, snapshot), notes_of(shown, snapshot)
        nodes = [
            (node_id(number), states.get(node.key, ""), notes.get(node.key, ""))
            for number, node in enumerate(shown.nodes)
        ]
        return {"nodes": nodes, "used": [], "selected": None}

    def handle(self, command: Mapping[str, Any]) -> None:
        """There is nothing to command."""


class DrawingWidget(LiveWidget):
    """The picture with buttons to zoom and fit."""

    _esm = static_text("common.js", "graph.js", "drawing.js")
    _css = static_text("widgets.css")
