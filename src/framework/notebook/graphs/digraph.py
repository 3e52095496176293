"""A graph as a `graphviz.Digraph`. Start at `digraph`; the package `graphviz` quotes and escapes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import graphviz

from framework.notebook.graphs.layout import layout_svg
from framework.notebook.graphs.theme import FAINT, FONT, GROUND, LOOKS, SURFACE, State
from framework.notebook.widgets.markup import block, bundle, image, printable
from framework.notebook.widgets.shown import safely
from framework.observe import Edge, Graph, Node, NodeKey

LONGEST_LABEL = 48
_STEP_KINDS = frozenset({"processor", "builder", "job"})
_GRAPH = {"rankdir": "LR", "bgcolor": GROUND.light, "nodesep": "0.25", "ranksep": "0.5", "fontname": FONT}
_NODE = {
    "shape": "box",
    "style": "filled",
    "fillcolor": SURFACE.light,
    "color": LOOKS["idle"].light,
    "penwidth": "2",
    "fontname": FONT,
    "fontsize": "12",
    "height": "0.4",
    "margin": "0.16,0.06",
}
_EDGE = {"color": FAINT.light, "arrowsize": "0.7", "fontname": FONT, "fontsize": "11"}
# What flows is drawn round, thinner and smaller than what works on it.
_FLOWING = {"style": "rounded,filled", "penwidth": "1", "fontsize": "11", "height": "0.3", "margin": "0.2,0.04"}


class Digraph(graphviz.Digraph):  # type: ignore[misc]
    """Displays through the layout engine of this package; that of its base fails where there is no program `dot`."""

    def _repr_mimebundle_(self, *_: Any, **__: Any) -> Any:
        return safely(lambda: bundle(block(image(layout_svg(self.source), self.name)), self.source), self.source)


def digraph(
    graph: Graph, states: Mapping[NodeKey, State] | None = None, notes: Mapping[NodeKey, str] | None = None
) -> Digraph:
    """Return the graph in the order of its nodes and edges: equal graphs give equal source.

    Nodes are named `n0`, `n1`, ..., so that no name of a user is read as syntax.

    Args:
        graph: what to draw.
        states: the state of nodes, which sets colour and style class `s-<state>`.
        notes: a second line for some nodes.
    """
    states, notes = states or {}, notes or {}
    drawn = Digraph(re.sub(r"\W+", "_", graph.name) or "graph", graph_attr=_GRAPH, node_attr=_NODE, edge_attr=_EDGE)
    names = {node.key: f"n{number}" for number, node in enumerate(graph.nodes)}
    for number, node in enumerate(graph.nodes):
        drawn.node(f"n{number}", **_node(node_id(number), node, states.get(node.key), notes.get(node.key)))
    for number, edge in enumerate(graph.edges):
        drawn.edge(names[edge.source], names[edge.target], **_edge(edge_id(number), edge))
    return drawn


def node_id(number: int) -> str:
    """Return the `id` that the node at that place of the graph has in the picture."""
    return f"node-{number}"


def edge_id(number: int) -> str:
    """Return the `id` that the edge at that place of the graph has in the picture."""
    return f"edge-{number}"


def _node(identifier: str, node: Node, state: State | None, note: str | None) -> Mapping[str, str]:
    label = shortened(node.label) + (f"\n{note}" if note is not None else "")
    attributes = {"label": _label(label), "id": identifier, "class": f"{node.kind} s-{state}" if state else node.kind}
    if node.kind not in _STEP_KINDS:
        attributes |= _FLOWING
    if state:
        dashed = ["dashed"] if LOOKS[state].dashed else []
        attributes |= {"color": LOOKS[state].light, "style": ",".join([attributes.get("style", "filled"), *dashed])}
    if node.details.get("persist"):
        attributes["peripheries"] = "2"
    return attributes


def _edge(identifier: str, edge: Edge) -> Mapping[str, str]:
    attributes = {"id": identifier, "class": edge.kind}
    if edge.label:
        attributes["label"] = _label(shortened(edge.label))
    if edge.kind == "errors" or (edge.kind == "emits" and not edge.observed):
        attributes["style"] = "dashed"
    return attributes


def shortened(text: str, length: int = LONGEST_LABEL) -> str:
    """Return a name that fits into a box."""
    return text if len(text) <= length else text[: length - 1] + "…"


def _label(text: str) -> str:
    # Graphviz decodes HTML entities in labels, which `escape` leaves alone. An empty line makes Graphviz 16 call
    # through memory that it has not set; a space does not.
    lines = (printable(line).replace("&", "&amp;") or " " for line in text.split("\n"))
    escaped: str = graphviz.escape("\n".join(lines))
    return escaped
