"""A figure as a `graphviz.Digraph`. Start at `digraph`; the package `graphviz` quotes and escapes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import graphviz

from framework.notebook.graphs.figure import STEPS, Arrow, Box, Figure
from framework.notebook.graphs.layout import layout_svg
from framework.notebook.graphs.theme import FAINT, FONT, GROUND, LOOKS, SURFACE, NodeState
from framework.notebook.widgets.markup import block, bundle, image, printable
from framework.notebook.widgets.shown import safely

LONGEST_LABEL = 48
MOST_LABELS = 3
"""Labels of an arrow that are written out."""
CROWDED = 2
"""Arrows per box of a figure whose arrows show their labels only when they are pointed at, or focused."""

Direction = Literal["LR", "TB"]
Place = tuple[float, float]
"""The centre of a box, in points, upwards."""

_GRAPH = {
    "bgcolor": GROUND.light,
    "nodesep": "0.25",
    "ranksep": "0.4",
    "fontname": FONT,
    "fontsize": "12",
    "pad": "0.1",
}
_NODE = {
    "shape": "box",
    "style": "filled",
    "fillcolor": SURFACE.light,
    "color": LOOKS["idle"].light,
    "penwidth": "2",
    "fontname": FONT,
    "fontsize": "13",
    "height": "0.4",
    "margin": "0.14,0.06",
}
_EDGE = {"color": FAINT.light, "arrowsize": "0.7", "fontname": FONT, "fontsize": "11"}
# What flows is drawn round, thinner and smaller than what works on it.
_FLOWING = {"style": "rounded,filled", "penwidth": "1", "fontsize": "11", "height": "0.3", "margin": "0.2,0.04"}


class Digraph(graphviz.Digraph):  # type: ignore[misc]
    """Displays through the layout engine of this package; that of its base fails where there is no program `dot`."""

    def _repr_mimebundle_(self, *_: Any, **__: Any) -> Any:
        return safely(lambda: bundle(block(image(self.svg(), self.name)), self.source), self.source)

    def svg(self) -> str:
        """Return the graph as an `<svg>` element; raises LayoutUnavailable."""
        return layout_svg(self.source, self.engine)


def empty_graph(name: str, *, fixed: bool = False, **attributes: str) -> Digraph:
    """Return a graph with the look of all pictures; `fixed` for nodes that have their places, in points."""
    placed = {"inputscale": "72", "notranslate": "true"} if fixed else {}
    return Digraph(
        re.sub(r"\W+", "_", name) or "graph",
        engine="neato" if fixed else "dot",
        graph_attr=_GRAPH | placed | attributes,
        node_attr=_NODE,
        edge_attr=_EDGE,
    )


def digraph(
    figure: Figure,
    states: Sequence[NodeState | None] = (),
    notes: Sequence[str] = (),
    *,
    direction: Direction = "LR",
    places: Sequence[Place] | None = None,
) -> Digraph:
    """Return a figure as a graph in the order of its boxes and arrows: equal figures give equal source.

    Nodes are named `n0`, `n1`, ..., so that no name of a user is read as syntax. The state of a box sets its colour and
    style class `s-<state>`, `notes` are its last lines. With `places`, the centres of boxes that are laid out already,
    the engine `neato` draws the arrows.
    """
    splines = {"splines": "ortho"} if places else {}
    drawn = empty_graph(figure.name, fixed=bool(places), rankdir=direction, **splines)
    bodies = []
    for number, box in enumerate(figure.boxes):
        state, note = states[number] if states else None, notes[number] if notes else ""
        attributes = _node(number, box, state, note)
        if places:
            attributes["pos"] = "{:.1f},{:.1f}!".format(*places[number])
        bodies.append(attributes)
    _add(drawn, figure, bodies, [*range(len(figure.boxes))], 0)
    crowded = len(figure.arrows) > CROWDED * len(figure.boxes)
    for number, arrow in enumerate(figure.arrows):
        drawn.edge(f"n{arrow.source}", f"n{arrow.target}", **_edge(number, arrow, labelled=not crowded))
    return drawn


def _add(drawn: Any, figure: Figure, bodies: Sequence[Mapping[str, str]], numbers: Sequence[int], depth: int) -> None:
    frames: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number in numbers:
        around = figure.boxes[number].frames
        if len(around) > depth:
            frames[around[depth]].append(number)
        else:
            drawn.node(f"n{number}", **bodies[number])
    for (identifier, label), inner in frames.items():
        # named after its first box: unique at each depth
        with drawn.subgraph(name=f"cluster_{depth}_{inner[0]}") as frame:
            frame.attr(label=label_of([f"▾ {label}"]), id=frame_id(identifier), style="rounded", color=FAINT.light)
            _add(frame, figure, bodies, inner, depth + 1)


def node_id(number: int) -> str:
    """Return the `id` that the box at that place of the figure has in the picture."""
    return f"node-{number}"


def edge_id(number: int) -> str:
    """Return the `id` that the arrow at that place of the figure has in the picture."""
    return f"edge-{number}"


def frame_id(group: str) -> str:
    """Return the `id` of the frame around an expanded group."""
    return "frame-" + "".join(char if char.isalnum() else f"-{ord(char)}-" for char in printable(group))


def _node(number: int, box: Box, state: NodeState | None, note: str) -> dict[str, str]:
    lines = [shortened(box.label), *(f"▸ {shortened(line)}" for line in box.lines), *note.splitlines()]
    kind = f"{box.kind} group" if box.group else box.kind
    attributes = {"label": label_of(lines), "id": node_id(number), "class": f"{kind} s-{state}" if state else kind}
    if box.kind not in STEPS:
        attributes |= _FLOWING
    elif note:
        attributes["margin"] = "0.17,0.09"  # room for icons that are wider than their estimate, and for the bar
    if state:
        dashed = ["dashed"] if LOOKS[state].dashed else []
        attributes |= {"color": LOOKS[state].light, "style": ",".join([attributes.get("style", "filled"), *dashed])}
    if box.group:
        attributes |= {"shape": "box3d", "margin": "0.3,0.1"}
    if box.persist:
        attributes["peripheries"] = "2"
    return attributes


def _edge(number: int, arrow: Arrow, *, labelled: bool) -> Mapping[str, str]:
    attributes = {"id": edge_id(number), "class": arrow.kind}
    if arrow.labels and labelled:
        hidden = len(arrow.labels) - MOST_LABELS
        lines = [*map(shortened, arrow.labels[:MOST_LABELS]), *([f"+{hidden} more"] if hidden > 0 else [])]
        attributes["label"] = label_of(f" {line} " for line in lines)  # apart from the arrow
    if arrow.dashed:
        attributes["style"] = "dashed"
    return attributes


def shortened(text: str) -> str:
    """Return a name that fits into a box."""
    return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1] + "…"


def label_of(lines: Iterable[str]) -> str:
    """Return lines of text as a label, in which no name is read as syntax."""
    # Graphviz decodes HTML entities in labels, which `escape` leaves alone. An empty line makes Graphviz 16 call
    # through memory that it has not set; a space does not.
    text = "\n".join(printable(line).replace("&", "&amp;") or " " for line in lines)
    escaped: str = graphviz.escape(text)
    return escaped
