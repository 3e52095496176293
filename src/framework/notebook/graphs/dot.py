"""A graph as DOT, the language that Graphviz lays out. Start at `dot_text`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from framework.notebook.graphs.theme import FONT, GROUND, SURFACE, State
from framework.notebook.widgets.markup import printable
from framework.observe import Edge, Graph, Node, NodeKey

LONGEST_LABEL = 48
_ENTITY = re.compile(r"&(?=#?\w+;)")
_STEP_KINDS = frozenset({"processor", "builder", "job"})


def dot_text(
    graph: Graph, states: Mapping[NodeKey, State] | None = None, notes: Mapping[NodeKey, str] | None = None
) -> str:
    """The graph as DOT, in the order of its nodes and edges: equal graphs give equal text.

    Args:
        graph: what to draw.
        states: which style class a node gets, `s-<state>`.
        notes: a second line for some nodes.
    """
    names = node_names(graph)
    states, notes = states or {}, notes or {}
    lines = [f"digraph {_quoted(_name(graph.name))} {{", *_DEFAULTS]
    for number, node in enumerate(graph.nodes):
        lines.append(_node_line(names[node.key], node_id(number), node, states.get(node.key), notes.get(node.key)))
    for number, edge in enumerate(graph.edges):
        lines.append(_edge_line(names, edge_id(number), edge))
    return "\n".join([*lines, "}"])


def node_id(number: int) -> str:
    """The `id` that the node at that place of the graph has in the picture."""
    return f"node-{number}"


def edge_id(number: int) -> str:
    """The `id` that the edge at that place of the graph has in the picture."""
    return f"edge-{number}"


def node_names(graph: Graph) -> dict[NodeKey, str]:
    """A readable name of its own for each node; the picture shows it as a tooltip."""
    names: dict[NodeKey, str] = {}
    taken: set[str] = set()
    for node in graph.nodes:
        name = _name(node.key if isinstance(node.key, str) else " ".join(str(part) for part in node.key))
        while name in taken:
            name += "'"
        taken.add(name)
        names[node.key] = name
    return names


_DEFAULTS = (
    f'  graph [rankdir=LR, bgcolor="{GROUND.light}", nodesep=0.25, ranksep=0.5, fontname="{FONT}"];',
    f'  node [shape=box, style="filled", fillcolor="{SURFACE.light}", color="#8b949e", penwidth=2];',
    f'  node [fontname="{FONT}", fontsize=12, height=0.4, margin="0.16,0.06"];',
    f'  edge [color="#59636e", arrowsize=0.7, fontname="{FONT}", fontsize=10];',
)


def _node_line(name: str, identifier: str, node: Node, state: State | None, note: str | None) -> str:
    label = shortened(node.label) + (f"\n{note}" if note is not None else "")
    classes = f"{node.kind} s-{state}" if state else node.kind
    attrs = [f"label={_label(label)}", f'id="{identifier}"', f'class="{classes}"']
    if node.kind not in _STEP_KINDS:
        # What flows is drawn round, thinner and smaller than what works on it.
        attrs += ['style="rounded,filled"', "penwidth=1", "fontsize=11", "height=0.3", 'margin="0.2,0.04"']
    if node.details.get("persist"):
        attrs.append("peripheries=2")
    return f"  {_quoted(name)} [{', '.join(attrs)}];"


def _edge_line(names: Mapping[NodeKey, str], identifier: str, edge: Edge) -> str:
    attrs = [f'id="{identifier}"', f'class="{edge.kind}"']
    if edge.label:
        attrs.append(f"label={_label(shortened(edge.label))}")
    if edge.kind == "errors" or (edge.kind == "emits" and not edge.observed):
        attrs.append("style=dashed")
    return f"  {_quoted(names[edge.source])} -> {_quoted(names[edge.target])} [{', '.join(attrs)}];"


def shortened(text: str, length: int = LONGEST_LABEL) -> str:
    """A name that fits into a box."""
    return text if len(text) <= length else text[: length - 1] + "…"


def _label(text: str) -> str:
    # Labels read backslash escapes and HTML entities, names do not. An empty line makes Graphviz 16 call through memory
    # that it has not set; a space does not.
    lines = (printable(line).replace("&", "&amp;").replace("\\", "\\\\") or " " for line in text.split("\n"))
    return _quoted("\\n".join(lines))


def _name(text: str) -> str:
    # A backslash at the end of a name would escape the quote that closes it. Graphviz writes what looks like an entity
    # into the tooltip as it stands, where one that XML does not know ends the whole picture.
    return _ENTITY.sub("&amp;", printable(text).replace("\\", "/"))


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'
