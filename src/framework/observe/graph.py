"""What a runtime is: nodes and edges, drawn by `framework.notebook` and printable as mermaid text here.

Start at `Graph`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

NodeKey = str | tuple[str | None, ...]
"""Processors, builders and jobs are known by their names, events by `("event", class_name, name)` and targets by
`("target", name)`, so that a processor and an event of one name stay apart."""

NodeKind = Literal["processor", "builder", "job", "event", "target"]
EdgeKind = Literal["receives", "emits", "requires", "provides", "next", "errors"]

_SHAPES: Mapping[str, tuple[str, str]] = {
    "processor": ("[", "]"),
    "builder": ("[", "]"),
    "job": ("[", "]"),
    "event": ("([", "])"),
    "target": ("([", "])"),
}


@dataclass(frozen=True, slots=True)
class Node:
    """A box of the picture.

    `missing` marks what another node requires and no node provides; `details` are facts for a tooltip or a table.
    """

    key: NodeKey
    kind: NodeKind
    label: str
    missing: bool = False
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow of the picture; it follows the data.

    `observed` tells an edge that was seen carrying something from one that was only read in the source.
    """

    source: NodeKey
    target: NodeKey
    kind: EdgeKind
    observed: bool = False
    label: str = ""


@dataclass(frozen=True, slots=True)
class Graph:
    """What a pipeline or a flow is: obtained from its `graph()`.

    Every end of an edge is the key of a node.
    """

    name: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def node(self, key: NodeKey) -> Node:
        """Return the node with that key.

        Raises:
            KeyError: there is none.
        """
        for node in self.nodes:
            if node.key == key:
                return node
        raise KeyError(key)

    def mermaid(self) -> str:
        """Return the graph as mermaid flowchart text, in the order of its nodes and edges."""
        ids = {node.key: f"n{number}" for number, node in enumerate(self.nodes)}
        lines = ["flowchart LR"]
        for node in self.nodes:
            opening, closing = _SHAPES[node.kind]
            lines.append(f"    {ids[node.key]}{opening}{_quoted(node.label)}{closing}")
        for edge in self.edges:
            arrow = "-->" if edge.observed or edge.kind != "emits" else "-.->"
            label = f"|{_quoted(edge.label)}|" if edge.label else ""
            lines.append(f"    {ids[edge.source]} {arrow}{label} {ids[edge.target]}")
        missing = [ids[node.key] for node in self.nodes if node.missing]
        if missing:
            lines.append("    classDef missing stroke:#cf222e,stroke-width:2px")
            lines.append(f"    class {','.join(missing)} missing")
        return "\n".join(lines)


def _quoted(text: str) -> str:
    # Mermaid reads #-entities inside quotes; a quote, an angle bracket or any of the line ends must not end the label.
    return '"' + "".join(_ENTITIES.get(char) or _sign(char) for char in text) + '"'


def _sign(char: str) -> str:
    return char if char.isprintable() else " " if char.isspace() else "\N{REPLACEMENT CHARACTER}"


_ENTITIES = {"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;"}
