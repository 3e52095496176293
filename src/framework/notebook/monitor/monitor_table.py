"""The rows of a monitor as an HTML table, the same in a live view and in a saved notebook. Start at `monitor_html`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from framework.notebook.graphs.theme import LOOKS
from framework.notebook.monitor.series import WINDOW
from framework.notebook.widgets.markup import block, image, line, printable, table

Picture = Callable[[str, str], str]
"""Puts an `<svg>` with an alternative text into the table."""

HEADS = ("job", "workers", "queue", "done/s", f"last {WINDOW} s", "done", "failed")
# The last, waiting for a lock, is shown only where there are such workers.
WORKER_STATES = ("busy", "idle", "blocked", "locked")
_BAR = (160, 22)  # width and height in px; the others likewise
_CHART = (150, 28)
_NUMBERS = frozenset({"done/s", "done", "failed"})
# Each stands out at 3 to 1 or more from a light and from a dark ground: a saved picture is not told the theme.
_COLOURS = {
    "busy": LOOKS["running"].light,
    "idle": LOOKS["idle"].light,
    "blocked": LOOKS["waiting"].light,
    "locked": "#8250df",
}
_FAILED = f"light-dark({LOOKS['failed'].light},{LOOKS['failed'].dark})"
_CSS = "".join(
    [
        *(f".{state}{{fill:{_COLOURS[state]}}}" for state in WORKER_STATES),
        ".idle{opacity:.4}",
        f".frame{{fill:none;stroke:{_COLOURS['idle']};opacity:.5}}.tick{{stroke:{_COLOURS['idle']};stroke-width:1.5}}",
        f".area{{fill:{_COLOURS['busy']};opacity:.15}}.rate{{fill:none;stroke:{_COLOURS['busy']};stroke-width:1.5}}",
        f".mark{{stroke:{_COLOURS['blocked']};stroke-width:1.5;stroke-dasharray:3 2}}.hit{{fill:transparent}}",
    ]
)


def inline(svg: str, _: str) -> str:
    """Leave the picture in the page, where the widget's style sheet colours it."""
    return svg


def embedded(svg: str, alt: str) -> str:
    """Make the picture an image with its own colours, which untrusted notebooks keep."""
    return image(svg.replace("<title>", f"<style>{_CSS}</style><title>", 1), alt)


def monitor_html(state: Mapping[str, Any], picture: Picture) -> str:
    """Return rows, key, scaling decisions and failures of a monitor's state."""
    head = "".join(f'<th style="{_cell(name)};font-weight:normal">{name}</th>' for name in HEADS)
    body = "".join(_row(row, picture) for row in state["rows"])
    rows = f'<table style="border-collapse:collapse"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    parts = [f'<div style="overflow-x:auto">{rows}</div>', _key(picture)]
    if state["hidden"]:
        parts.append(line(f"... and {state['hidden']:,} more"))
    lists = _list("Scaling decisions", ("at", "job", "workers", "reason"), state["decisions"])
    lists += _list("Failures", ("job", "error", "item"), state["failures"])
    return block(*parts, f'<div style="display:flex;flex-wrap:wrap;gap:0 32px">{lists}</div>' if lists else "")


def _list(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    scrolled = f'<div class="fw-scrolled" style="max-height:180px;overflow:auto">{table(head, rows)}</div>'
    return f"<div>{line(title, strong=True)}{scrolled}</div>" if rows else ""


def _row(row: Mapping[str, Any], picture: Picture) -> str:
    failed = f'<span style="color:{_FAILED}">✗ {row["failed"]:,}</span>' if row["failed"] else "0"
    cells = (_bar(row, picture), _queue(row), f"{row['rate']:,.0f}", _chart(row, picture), f"{row['done']:,}", failed)
    name = f'<th style="{_cell("")};font-weight:600">{escape(printable(row["name"]))}</th>'
    return f"<tr>{name}{''.join(_td(head, cell) for head, cell in zip(HEADS[1:], cells, strict=True))}</tr>"


def _td(head: str, content: str) -> str:
    return f'<td style="{_cell(head)}">{content}</td>'


def _cell(head: str) -> str:
    side = "right" if head in _NUMBERS else "left"
    return f"text-align:{side};padding:2px 16px 2px 0;vertical-align:middle;white-space:nowrap"


def _queue(row: Mapping[str, Any]) -> str:
    waiting, capacity = row["queue"]
    if capacity is None:
        return f"{waiting:,}"
    text = f"{waiting:,}/{capacity:,}"
    return f'<span style="color:{_FAILED}">{text} full</span>' if waiting >= capacity else text


def _bar(row: Mapping[str, Any], picture: Picture) -> str:
    width, height = _BAR
    low, high = row["limits"]
    counts = ", ".join(f"{count} {state}" for state, count in zip(WORKER_STATES, row["workers"], strict=False))
    scale = width / max(1, high, sum(row["workers"]))
    parts, x = [f'<rect class="frame" x="0.5" y="3.5" width="{width - 1}" height="{height - 7}" rx="2"/>'], 0.0
    for state, count in zip(WORKER_STATES, row["workers"], strict=False):
        if count:
            parts.append(f'<rect class="{state}" x="{x:.1f}" y="3" width="{count * scale:.1f}" height="{height - 6}"/>')
        x += count * scale
    ticks = (min(width - 1, max(1, limit * scale)) for limit in (low, high))
    parts += [f'<path class="tick" d="M{tick:.1f},0v{height}"/>' for tick in ticks]
    return _svg(_BAR, f"{counts}; {low} to {high} workers", "".join(parts), picture)


def _chart(row: Mapping[str, Any], picture: Picture) -> str:
    width, height = _CHART
    rates, step, top = row["rates"], width / WINDOW, max([1.0, *row["rates"]])
    start = WINDOW - len(rates) + 1
    heights = (height - 1 - (height - 3) * rate / top for rate in rates)
    points = " ".join(f"{(start + n) * step:.1f},{y:.1f}" for n, y in enumerate(heights))
    parts = []
    if rates:
        parts.append(f'<polygon class="area" points="{start * step:.1f},{height} {points} {width},{height}"/>')
        parts.append(f'<polyline class="rate" points="{points}"/>')
    for ago, reason in row["marks"]:
        x = (WINDOW - ago) * step
        hit = f'<rect class="hit" x="{x - 4:.1f}" y="0" width="8" height="{height}"/>'
        mark = f'<path class="mark" d="M{x:.1f},0v{height}"/>'
        parts.append(f"<g><title>{escape(printable(reason))}</title>{hit}{mark}</g>")
    return _svg(_CHART, f"up to {top:,.0f} done per second", "".join(parts), picture)


def _key(picture: Picture) -> str:
    swatches = (
        _svg((10, 10), state, f'<rect class="{state}" width="10" height="10" rx="2"/>', picture) + f" {state}"
        for state in WORKER_STATES
    )
    return f'<div style="font-size:12px;margin:4px 0">{" · ".join(swatches)} · | min and max · ┆ scaled</div>'


def _svg(size: tuple[int, int], alt: str, body: str, picture: Picture) -> str:
    width, height = size
    text = escape(alt)
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" role="img"'
    box = f'viewBox="0 0 {width} {height}" aria-label="{text}"'
    return picture(f"{opening} {box}><title>{text}</title>{body}</svg>", alt)
