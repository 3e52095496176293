"""The rows of a monitor as a picture that stands alone. Start at `monitor_svg`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from framework.notebook.graphs.dot import shortened
from framework.notebook.graphs.theme import FAINT, FONT, GROUND, INK, LINE, LOOKS
from framework.notebook.monitor.series import WINDOW
from framework.notebook.widgets.markup import printable

_ROW, _WIDTH = 32, 720
_KEY = " ".join(f'<tspan class="{kind}">■</tspan> {kind}' for kind in ("busy", "idle", "blocked"))
_BAR = (150, 150)  # where the bar of workers begins and how wide it is, in px; the others likewise
_QUEUE = (320, 90)
_RATE = 430
_CHART = (500, 200)
_COLOURS = {
    "ground": GROUND,
    "ink": INK,
    "faint": FAINT,
    "line": LINE,
    "busy": LOOKS["running"],
    "idle": LOOKS["idle"],
    "blocked": LOOKS["waiting"],
    "full": LOOKS["failed"],
}


def monitor_svg(rows: Sequence[Mapping[str, Any]]) -> str:
    """One row per job: name, workers (busy, idle, blocked), queue, items per second, and the last minute of them."""
    height = (len(rows) + 1) * _ROW
    heads = [
        ("job", 8),
        (_KEY, _BAR[0]),
        ("queue", _QUEUE[0]),
        ("done/s", _RATE),
        ("last 60 s", _CHART[0]),
    ]
    parts = [f'<text class="faint" x="{x}" y="21">{text}</text>' for text, x in heads]
    parts += [_row(row, (number + 1) * _ROW) for number, row in enumerate(rows)]
    style = f"<style>{_css('light')}@media(prefers-color-scheme:dark){{{_css('dark')}}}</style>"
    size = f'width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}"'
    ground = f'<rect class="ground" width="{_WIDTH}" height="{height}" rx="4"/>'
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{FONT}" font-size="12">'
    return f"{opening}{style}{ground}{''.join(parts)}</svg>"


def _row(row: Mapping[str, Any], top: int) -> str:
    waiting, capacity = row["queue"]
    full = capacity is not None and waiting >= capacity
    queue = f"{waiting:,}" if capacity is None else f"{waiting:,}/{capacity:,}"
    name = escape(printable(shortened(row["name"], 20)))
    return (
        f'<text x="8" y="{top + 21}">{name}</text>{_bar(row, top + 8)}'
        f'<text{" class=" + chr(34) + "full" + chr(34) if full else ""} x="{_QUEUE[0]}" y="{top + 21}">{queue}</text>'
        f'<text x="{_RATE}" y="{top + 21}">{row["rate"]:,.0f}</text>{_chart(row, top + 4)}'
    )


def _bar(row: Mapping[str, Any], y: int) -> str:
    left, width = _BAR
    scale = width / max(1, row["limits"][1], sum(row["workers"]))
    parts, x = [f'<rect class="frame" x="{left}" y="{y}" width="{width}" height="16" rx="2"/>'], float(left)
    for kind, count in zip(("busy", "idle", "blocked"), row["workers"], strict=True):
        parts.append(f'<rect class="{kind}" x="{x:.1f}" y="{y}" width="{count * scale:.1f}" height="16"/>')
        x += count * scale
    ticks = (left + limit * scale for limit in row["limits"])
    parts += [f'<path class="tick" d="M{tick:.1f},{y - 3}v22"/>' for tick in ticks]
    return "".join(parts)


def _chart(row: Mapping[str, Any], y: int) -> str:
    left, width = _CHART
    rates, step, top = row["rates"], width / WINDOW, max([1.0, *row["rates"]])
    start = WINDOW - len(rates)
    points = " ".join(f"{left + (start + n) * step:.1f},{y + 24 - 22 * rate / top:.1f}" for n, rate in enumerate(rates))
    line = f'<polyline class="rate" points="{points}"/>' if rates else ""
    marks = (left + (WINDOW - ago) * step for ago, _ in row["marks"])
    return f'<path class="base" d="M{left},{y + 24}h{width}"/>{line}' + "".join(
        f'<path class="mark" d="M{x:.1f},{y}v24"/>' for x in marks
    )


def _css(scheme: str) -> str:
    look = {name: getattr(colour, scheme) for name, colour in _COLOURS.items()}
    return (
        f".ground{{fill:{look['ground']}}}text{{fill:{look['ink']}}}.full{{fill:{look['full']}}}"
        f".faint{{fill:{look['faint']}}}"
        f".frame{{fill:none;stroke:{look['line']}}}.busy{{fill:{look['busy']}}}"
        f".idle{{fill:{look['idle']};fill-opacity:.35}}"
        f".blocked{{fill:{look['blocked']}}}.tick{{stroke:{look['ink']}}}.base{{stroke:{look['line']}}}"
        f".rate{{fill:none;stroke:{look['busy']};stroke-width:1.5}}"
        f".mark{{stroke:{look['blocked']};stroke-dasharray:2 2}}"
    )
