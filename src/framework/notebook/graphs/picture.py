"""A picture that stands alone or is explored: sized in px, coloured by state, with names and arrows for readers.

Start at `picture_svg`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape

from framework.notebook.graphs.digraph import edge_id, frame_id, node_id
from framework.notebook.graphs.figure import Figure
from framework.notebook.graphs.layout import box_bounds
from framework.notebook.graphs.node_marks import Bar
from framework.notebook.graphs.theme import LOOKS, NodeState, picture_css
from framework.notebook.widgets.markup import printable

MOST_NAMES = 20
"""Names in the tooltip of a group."""
BAR = 4
"""Height of the bar at the lower side of a box, in px."""

_OPENING = re.compile(r'<svg width="(\d+)pt" height="(\d+)pt"\s+viewBox="[^"]*"([^>]*)>')
_GROUP = re.compile(r'<g id="((?:node|edge|frame)-[^"]*)"([^>]*)>')
_BOX = re.compile(r'<g id="node-(\d+)"[^>]*>.*?(?=</g>)', re.DOTALL)


def picture_svg(svg: str, figure: Figure, *, styled: bool = True, bars: Sequence[Bar] = ()) -> str:
    """Return a laid out figure at its own size, where letters have the px that the layout gave them in points.

    Boxes have the attributes `data-names`, `data-group` and a title, arrows `data-from` and `data-to`: what a reader
    searches, expands and follows. A `styled` one brings the style sheet and the `bars` of its boxes, which a widget has
    itself.
    """
    opening = _OPENING.search(svg)
    if opening is None:  # a Graphviz that writes its first line differently still gives a picture
        return svg
    width, height = int(opening[1]), int(opening[2])
    style = f"<style>{picture_css()}</style>" if styled else ""
    title = f"<title>{escape(printable(figure.name))}</title>{style}"
    ground = f'<rect class="ground" width="{width}" height="{height}" rx="4" fill="#ffffff"/>' if styled else ""
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    head = f'<svg {size}{opening[3]} role="{"img" if styled else "group"}">{title}{ground}'
    if any(bars):
        svg = _with_bars(svg, bars)
    facts = _facts(figure)
    body = _GROUP.sub(lambda found: f'<g id="{found[1]}"{found[2]}{facts.get(found[1], ">")}', svg[opening.end() :])
    return head + body


def _with_bars(svg: str, bars: Sequence[Bar]) -> str:
    bounds = box_bounds(svg)

    def drawn(found: re.Match[str]) -> str:
        number = int(found[1])
        box, shapes = bounds[number], []
        left, width = box.left + 1, box.right - box.left - 2
        for state, share in bars[number]:
            place = f'x="{left:.1f}" y="{box.bottom - 1 - BAR:.1f}" width="{width * share:.1f}" height="{BAR}"'
            shapes.append(f'<rect class="b-{state}" {place} fill="{LOOKS[state].light}"/>')
            left += width * share
        return found[0] + "".join(shapes)

    return _BOX.sub(drawn, svg)


def legend_html(figure: Figure, states: Sequence[NodeState | None]) -> str:
    """Return what the icons and outlines of a figure mean, as a line of text."""
    present = {*states, *(["persists"] if any(box.persist for box in figure.boxes) else [])}
    looks = [look for state, look in LOOKS.items() if state in present]
    items = " &nbsp; ".join(f"{look.icon} {look.meaning}" for look in looks)
    return f'<div style="font-size:12px;margin:4px 0">{items}</div>' if items else ""


def _facts(figure: Figure) -> dict[str, str]:
    """Return the rest of the opening tag of each box, arrow and frame, and its title."""
    facts = {}
    for number, box in enumerate(figure.boxes):
        facts[node_id(number)] = _tag({"group": box.group, "label": box.label} if box.group else {}, box.names)
        for identifier, label in box.frames:
            facts[frame_id(identifier)] = _tag({"group": identifier}, [label])
    for number, arrow in enumerate(figure.arrows):
        ends = {"from": node_id(arrow.source), "to": node_id(arrow.target)}
        facts[edge_id(number)] = _tag(ends, arrow.labels)
    return facts


def _tag(data: Mapping[str, str], names: Sequence[str]) -> str:
    shown = [escape(printable(name)) for name in names]
    attributes = "".join(f' data-{name}="{escape(printable(value))}"' for name, value in data.items())
    title = f"<title>{', '.join(shown[:MOST_NAMES])}</title>" if shown else ""
    return f'{attributes} data-names="{"&#9;".join(shown)}">{title}'
