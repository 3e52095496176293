"""The timeline of a phase: which processor worked when, as bars for the browser."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from framework.notebook.lineage.selection import Selection
from framework.observe import DeliveryFailed, DeliveryFinished, Recorder
from framework.observe.text import short_repr

MOST_BARS = 1000
"""Deliveries that are drawn, the latest ones."""
PAUSE = 0.02
"""Longest time without work that is drawn, as a part of the time with work: a reader's clicks are no run time."""


def timeline(recorder: Recorder, phase: int, selection: Selection) -> Mapping[str, Any]:
    """Return a row of bars for each processor: start and width as parts of the whole, state and title."""
    done = [
        record.happening
        for record in recorder.records
        if isinstance(record.happening, DeliveryFinished | DeliveryFailed) and record.happening.phase == phase
    ]
    hidden = max(0, len(done) - MOST_BARS)
    kept = [one for one in done[hidden:] if selection.has_processor(one.processor)]
    offsets, whole = _without_pauses((one.at - one.elapsed, one.at) for one in kept)
    rows: dict[str, list[tuple[float, float, str, str]]] = {}
    for one in kept:
        state = "failed" if isinstance(one, DeliveryFailed) else "ran"
        title = f"{one.processor}, {one.elapsed * 1000:,.2f} ms: {short_repr(one.event)}"
        start = offsets[one.at - one.elapsed, one.at]
        rows.setdefault(one.processor, []).append(
            (round(start / whole, 5), round(one.elapsed / whole, 5), state, title)
        )
    notes = [f"{whole * 1000:,.1f} ms of work, pauses shortened"] if kept else []
    notes += [f"{hidden:,} earlier deliveries are not drawn"] if hidden else []
    return {"rows": list(rows.items()), "total": len(kept), "note": "; ".join(notes)}


def _without_pauses(spans: Iterable[tuple[float, float]]) -> tuple[dict[tuple[float, float], float], float]:
    """Return where each span begins once long pauses are shortened, and the length of all of it in seconds."""
    ordered = sorted(spans)
    busy, end = 0.0, float("-inf")
    for start, stop in ordered:
        busy += max(0.0, stop - max(start, end))
        end = max(end, stop)
    longest = PAUSE * busy
    offsets, cut, end = {}, ordered[0][0] if ordered else 0.0, float("inf")
    for start, stop in ordered:
        cut += max(0.0, start - end - longest)
        offsets[start, stop] = start - cut
        end = stop if end == float("inf") else max(end, stop)
    whole = max((offsets[span] + span[1] - span[0] for span in ordered), default=0.0)
    return offsets, whole or 1.0
