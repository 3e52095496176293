"""Lays a figure out for the width at hand, at the size at which its letters are read. Start at `arranged`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from framework.notebook.graphs.digraph import Place, digraph
from framework.notebook.graphs.figure import Figure
from framework.notebook.graphs.layout import box_bounds
from framework.notebook.graphs.theme import NodeState

PAGE = 820
"""Width in px of a cell's output in JupyterLab beside its sidebar, on a screen of 1280 px."""
GUTTER = 44
"""Room between two rows of a wrapped figure, for the arrows from one to the next, in px."""
EDGES = 20
"""Room around a figure, in px."""
MOST_BRANCHES = 1.05
"""Arrows per box of a figure that is wrapped: one with more branches is easier to follow from top to bottom."""
MOST_BRANCHES_SQUEEZED = 1.15
"""The same where neither a row nor a column fits into the width."""

_SIZE = re.compile(r'<svg width="(\d+)pt" height="(\d+)pt"')


def arranged(figure: Figure, width: int, states: Sequence[NodeState | None] = (), notes: Sequence[str] = ()) -> str:
    """Return the figure as an `<svg>`: from left to right, wrapped into rows, or from top to bottom.

    A row that fits into `width` is taken, else the lower of the others; where none fits, the narrowest. Raises
    LayoutUnavailable.
    """
    row = digraph(figure, states, notes).svg()
    if _width(row) <= width:
        return row
    column = digraph(figure, states, notes, direction="TB").svg()
    candidates = [column, row]
    branches = MOST_BRANCHES if _width(column) <= width else MOST_BRANCHES_SQUEEZED
    long = len(figure.arrows) <= branches * len(figure.boxes)
    if long and not any(box.frames for box in figure.boxes):
        places = _wrapped(row, width, len(figure.boxes))
        if places:
            candidates.append(digraph(figure, states, notes, places=places).svg())
    return min(candidates, key=lambda svg: (max(width, _width(svg)), _height(svg)))


def _wrapped(row: str, width: int, count: int) -> Sequence[Place]:
    """Break a row of layers into rows of at most that width; nothing where its boxes are not found."""
    bounds = box_bounds(row)
    if len(bounds) != count:
        return ()
    centres = {number: round((box.left + box.right) / 2) for number, box in bounds.items()}
    rows: list[list[int]] = []
    start = 0.0
    for centre in sorted(set(centres.values())):
        layer = [number for number, at in centres.items() if at == centre]
        left, right = min(bounds[n].left for n in layer), max(bounds[n].right for n in layer)
        if not rows or right - start > width - EDGES:
            rows.append([])
            start = left
        rows[-1] += layer
    places: dict[int, Place] = {}
    height = 0.0
    for numbers in rows:
        left, top = min(bounds[n].left for n in numbers), min(bounds[n].top for n in numbers)
        for number in numbers:
            box = bounds[number]
            places[number] = ((box.left + box.right) / 2 - left, -(height + (box.top + box.bottom) / 2 - top))
        height += max(bounds[n].bottom for n in numbers) - top + GUTTER
    return [places[number] for number in range(count)]


def _width(svg: str) -> int:
    return int(found[1]) if (found := _SIZE.search(svg)) else 0


def _height(svg: str) -> int:
    return int(found[2]) if (found := _SIZE.search(svg)) else 0
