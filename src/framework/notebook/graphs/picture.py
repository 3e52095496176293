"""A whole picture: laid out, coloured by state, with a legend. Start at `picture_svg`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape

from framework.notebook.graphs.digraph import digraph, node_id
from framework.notebook.graphs.layout import layout_svg
from framework.notebook.graphs.theme import FONT, LOOKS, State, picture_css
from framework.notebook.widgets.markup import printable
from framework.observe import Graph, NodeKey

_OPENING = re.compile(r'<svg width="(\d+)pt" height="(\d+)pt"\s+viewBox="[^"]*"([^>]*)>')
_ROW = 18
_LETTER = 6.0  # average width of a letter at 12 px in the fonts of FONT, in px, rounded up
_MARGIN = 8
_LEGEND_WIDTH = 560


def picture_svg(graph: Graph, states: Mapping[NodeKey, State], notes: Mapping[NodeKey, str]) -> str:
    """A picture that stands alone: it brings its style sheet, and its legend names the states that occur in it.

    Raises:
        LayoutUnavailable: Graphviz cannot be used here.
    """
    svg = titled(layout_svg(digraph(graph, states, notes).source), graph)
    opening = _OPENING.search(svg)
    if opening is None:  # a Graphviz that writes its first line differently still gives a picture, without legend
        return svg
    width, height = int(opening[1]), int(opening[2])
    present = set(states.values()) | {"persists" for node in graph.nodes if node.details.get("persist")}
    rows = _legend_rows([state for state in LOOKS if state in present], max(width, _LEGEND_WIDTH))
    width = max([width, *(round(_row_width(row)) + 2 * _MARGIN for row in rows)])
    total = height + (_ROW * len(rows) + _MARGIN if rows else 0)
    title = f"<title>{escape(printable(graph.name))}</title><style>{picture_css()}</style>"
    ground = f'<rect class="ground" width="{width}" height="{total}" rx="4" fill="#ffffff"/>'
    # Graphviz lays out in points; drawn as pixels, letters get the 12 px that notebooks use beside it.
    head = f'<svg width="{width}" height="{total}" viewBox="0 0 {width} {total}"{opening[3]} role="img">{title}{ground}'
    body = svg[opening.end() :].removesuffix("</svg>")
    return head + body + _legend_svg(rows, height) + "</svg>"


def titled(svg: str, graph: Graph) -> str:
    """Give each node of a laid out graph its full label as the title, which browsers show as a tooltip."""
    for number, node in enumerate(graph.nodes):
        opening = re.compile(rf'<g id="{node_id(number)}"[^>]*>')
        title = f"<title>{escape(printable(node.label))}</title>"
        svg = opening.sub(lambda found, title=title: found[0] + title, svg, count=1)  # type: ignore[misc]
    return svg


def _legend_rows(states: Sequence[State], width: int) -> list[list[State]]:
    rows: list[list[State]] = []
    for state in states:
        if rows and _row_width([*rows[-1], state]) <= width - 2 * _MARGIN:
            rows[-1].append(state)
        else:
            rows.append([state])
    return rows


def _row_width(states: Sequence[State]) -> float:
    return sum(_item_width(state) for state in states)


def _item_width(state: State) -> float:
    return 32 + _LETTER * len(LOOKS[state].meaning)


def _legend_svg(rows: Sequence[Sequence[State]], top: int) -> str:
    items = []
    for number, row in enumerate(rows, start=1):
        x, y = float(_MARGIN), top + number * _ROW - 4
        for state in row:
            look = LOOKS[state]
            items.append(
                f'<text class="i-{state}" x="{x:.0f}" y="{y}" fill="{look.light}">{look.icon}</text>'
                f'<text x="{x + 14:.0f}" y="{y}">{look.meaning}</text>'
            )
            x += _item_width(state)
    return f'<g class="legend" font-family="{FONT}" font-size="12">{"".join(items)}</g>' if items else ""
