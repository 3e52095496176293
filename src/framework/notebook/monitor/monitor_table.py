"""The rows of a monitor as an HTML table, the same in a live view and in a saved notebook. Start at `monitor_html`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from framework.notebook.flow_views import staged
from framework.notebook.graphs.theme import LOOKS
from framework.notebook.widgets.markup import block, image, line, printable, table

Picture = Callable[[str, str], str]
"""Puts an `<svg>` with an alternative text into the table."""

FLOW = ("job", "workers", "queue", "done/s", "throughput", "done", "failed")
PIPELINE = ("processor", "now", "waiting", "done/s", "throughput", "done", "failed", "busy s")
WORKER_STATES = ("working", "waiting for a lock", "blocked", "idle")
SHORT = 10
"""Seconds below which the span of a chart is shown with its fraction."""
_BAR = (160, 22)  # width and height in px; the others likewise
_CHART = (150, 28)
_LEFT = frozenset({"job", "processor", "workers", "queue", "now", "throughput"})
# Each stands out at 3 to 1 or more from a light and from a dark ground: a saved picture is not told the theme.
_COLOURS = {
    "working": LOOKS["running"].light,
    "waiting for a lock": LOOKS["persists"].light,
    "blocked": LOOKS["waiting"].light,
    "idle": LOOKS["idle"].light,
}
_FAILED = f"light-dark({LOOKS['failed'].light},{LOOKS['failed'].dark})"


def _class(state: str) -> str:
    return state.rpartition(" ")[2]


_CSS = "".join(
    [
        *(f".{_class(state)}{{fill:{colour}}}" for state, colour in _COLOURS.items()),
        ".idle{opacity:.4}",
        f".frame{{fill:none;stroke:{_COLOURS['idle']};opacity:.5}}.tick{{stroke:{_COLOURS['idle']};stroke-width:1.5}}",
        f".area{{fill:{_COLOURS['working']};opacity:.15}}.rate{{fill:none;stroke:{_COLOURS['working']};stroke-width:1.5}}",
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
    heads = FLOW if state["flow"] else PIPELINE
    head = "".join(f'<th style="{_cell(name)};font-weight:normal">{name}</th>' for name in heads)
    body = "".join(_rows(state["rows"], heads, picture))
    rows = f'<table style="border-collapse:collapse"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    parts = [f'<div style="overflow-x:auto">{rows}</div>', _key(picture) if state["flow"] else ""]
    if state["hidden"]:
        parts.append(line(f"... and {state['hidden']:,} more"))
    lists = _list("Scaling decisions", ("at", "job", "workers", "reason"), state["decisions"])
    lists += _list("Failures", ("job", "times", "error", "where", "first item"), state["failures"])
    return block(*parts, f'<div style="display:flex;flex-wrap:wrap;gap:0 32px">{lists}</div>' if lists else "")


def _rows(rows: Sequence[Mapping[str, Any]], heads: Sequence[str], picture: Picture) -> Iterator[str]:
    """Return a row for each job, below a row for each stage that it is part of, as its dotted name says."""
    named, empty = {row["name"]: row for row in rows}, f'<td colspan="{len(heads) - 1}"></td>'
    for depth, name, row in staged(named) if heads is FLOW else ((0, name, row) for name, row in named.items()):
        cells = (f'<td style="{_cell(head)}">{_CELLS[head](row, picture)}</td>' for head in heads[1:] if row)
        yield f"<tr>{_name(name, depth)}{''.join(cells) or empty}</tr>"


def _name(name: str, depth: int) -> str:
    style = f"{_cell('job')};padding-left:{16 * depth}px;font-weight:600"
    return f'<th style="{style}">{escape(printable(name))}</th>'


def _list(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    scrolled = f'<div class="fw-scrolled" style="max-height:180px;overflow:auto">{table(head, rows)}</div>'
    return f"<div>{line(title, strong=True)}{scrolled}</div>" if rows else ""


def _failed(row: Mapping[str, Any], _: Picture) -> str:
    return f'<span style="color:{_FAILED}">✗ {row["failed"]:,}</span>' if row["failed"] else "0"


def _now(row: Mapping[str, Any], _: Picture) -> str:
    icons = {"working": LOOKS["running"].icon, "waiting": LOOKS["waiting"].icon}
    return f"{icons[row['state']]} {row['state']}" if row["state"] in icons else str(row["state"])


def _cell(head: str) -> str:
    side = "left" if head in _LEFT else "right"
    return f"text-align:{side};padding:2px 16px 2px 0;vertical-align:middle;white-space:nowrap"


def _queue(row: Mapping[str, Any], _: Picture) -> str:
    waiting, capacity = row["queue"]
    if capacity is None:
        return f"{waiting:,}"
    text = f"{waiting:,}/{capacity:,}"
    later = f", {row['retrying']:,} to retry" if row["retrying"] else ""
    return (f'<span style="color:{_FAILED}">{text} full</span>' if waiting >= capacity else text) + later


def _bar(row: Mapping[str, Any], picture: Picture) -> str:
    """Draw the workers of now; after the end, how they spent their time."""
    width, height = _BAR
    low, high = row["limits"]
    if row["time"] is None:
        parts, most = row["workers"], max(1, high, sum(row["workers"].values()))
        text = ", ".join(f"{count} {state}" for state, count in parts.items())
        text = f"{text or 'no workers'}; {low} to {high} workers"
    else:
        parts, most = row["time"], sum(row["time"].values()) or 1.0
        text = "time: " + ", ".join(f"{100 * part / most:.0f} % {state}" for state, part in parts.items() if part)
    shapes, x = [f'<rect class="frame" x="0.5" y="3.5" width="{width - 1}" height="{height - 7}" rx="2"/>'], 0.0
    for state, part in parts.items():
        size = width * part / most
        shapes.append(f'<rect class="{_class(state)}" x="{x:.1f}" y="3" width="{size:.1f}" height="{height - 6}"/>')
        x += size
    if row["time"] is None:
        ticks = (min(width - 1, max(1, limit * width / most)) for limit in (low, high))
        shapes += [f'<path class="tick" d="M{tick:.1f},0v{height}"/>' for tick in ticks]
    return _svg(_BAR, text, "".join(shapes), picture)


def _chart(row: Mapping[str, Any], picture: Picture) -> str:
    """Draw what was finished per second over the last minute, or over the whole of a shorter run."""
    width, height = _CHART
    rates, span, top = row["rates"], row["span"], max([1.0, *row["rates"]])
    shapes = []
    if rates:
        step = width / len(rates)
        heights = [height - 1 - (height - 3) * rate / top for rate in rates]
        # a step for each part of the time, so that a chart of one is seen as well
        points = " ".join(f"{n * step:.1f},{y:.1f} {(n + 1) * step:.1f},{y:.1f}" for n, y in enumerate(heights))
        shapes.append(f'<polygon class="area" points="0,{height} {points} {width},{height}"/>')
        shapes.append(f'<polyline class="rate" points="{points}"/>')
    for ago, reason in row["marks"]:
        x = width * (1 - ago / span) if span else 0.0
        hit = f'<rect class="hit" x="{x - 4:.1f}" y="0" width="8" height="{height}"/>'
        mark = f'<path class="mark" d="M{x:.1f},0v{height}"/>'
        shapes.append(f"<g><title>{escape(printable(reason))}</title>{hit}{mark}</g>")
    seconds = f"{span:,.0f}" if span >= SHORT else f"{span:.1f}"
    chart = _svg(_CHART, f"up to {top:,.0f} done per second in {seconds} s", "".join(shapes), picture)
    return f'{chart} <span style="font-size:12px">{seconds} s</span>' if rates else chart


def _key(picture: Picture) -> str:
    swatches = (
        _svg((10, 10), state, f'<rect class="{_class(state)}" width="10" height="10" rx="2"/>', picture) + f" {state}"
        for state in WORKER_STATES
    )
    return f'<div style="font-size:12px;margin:4px 0">{" · ".join(swatches)} · | min and max · ┆ scaled</div>'


def _svg(size: tuple[int, int], alt: str, body: str, picture: Picture) -> str:
    width, height = size
    text = escape(alt)
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" role="img"'
    box = f'viewBox="0 0 {width} {height}" aria-label="{text}"'
    return picture(f"{opening} {box}><title>{text}</title>{body}</svg>", alt)


_CELLS: Mapping[str, Callable[[Mapping[str, Any], Picture], str]] = {
    "workers": _bar,
    "queue": _queue,
    "now": _now,
    "waiting": _queue,
    "done/s": lambda row, _: f"{row['rate']:,.0f}",
    "throughput": _chart,
    "done": lambda row, _: f"{row['done']:,}",
    "failed": _failed,
    "busy s": lambda row, _: f"{row['busy_seconds']:,.2f}",
}
