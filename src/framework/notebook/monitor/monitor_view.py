"""Turns a monitor into plain data, and that into what the browser shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from framework.notebook.monitor.monitor import ScalingMonitor
from framework.notebook.monitor.monitor_table import inline, monitor_html
from framework.notebook.monitor.series import WINDOW
from framework.observe import NodeSnapshot
from framework.observe.text import short_repr

MOST_ROWS = 200
MOST_LINES = 50


class MonitorView:
    """One view of a monitor: its state for the browser, and the answer to its one button."""

    def __init__(self, monitor: ScalingMonitor) -> None:
        """Show that monitor."""
        self.monitor = monitor

    def picture(self) -> str:
        """Return nothing: the rows are part of the state."""
        return ""

    def state(self) -> Mapping[str, Any]:
        """Return what the browser shows, the rows as HTML."""
        state = self.rows()
        kept = {name: state[name] for name in ("name", "state", "header", "message")}
        return kept | {"html": monitor_html(state, inline)}

    def rows(self) -> Mapping[str, Any]:
        """Return header, rows, scaling decisions and failures as plain data."""
        monitor = self.monitor
        now = monitor.latest
        nodes = list(now.nodes.values())
        return {
            "name": now.name,
            "state": now.state,
            "header": self.header(),
            "message": monitor.message,
            "rows": [self._row(node) for node in nodes[:MOST_ROWS]],
            "hidden": max(0, len(nodes) - MOST_ROWS),
            "decisions": self._decisions(),
            "failures": [
                [failure.processor, short_repr(failure.exception), short_repr(failure.event)]
                for failure in self._failures()
            ],
        }

    def header(self) -> str:
        """Return the state in a line, as in "Running 12 s, 840 done/s, 3 failed"."""
        now, monitor = self.monitor.latest, self.monitor
        if now.state == "not started":
            return f"{'Flow' if self._is_flow() else 'Pipeline'} not started"
        rate = f"{monitor.total.rate:,.0f} done/s" if now.state == "running" else f"{monitor.done:,} done"
        return f"{now.state.capitalize()} {monitor.elapsed:,.0f} s, {rate}, {now.failed:,} failed"

    def handle(self, command: Mapping[str, Any]) -> None:
        """Answer the Stop button."""
        if command.get("do") == "stop":
            self.monitor.stop()

    def _is_flow(self) -> bool:
        return any(node.capacity is not None for node in self.monitor.latest.nodes.values())

    def _row(self, node: NodeSnapshot) -> Mapping[str, Any]:
        series = self.monitor.series.get(node.name)
        rates = [] if series is None else series.rates()
        return {
            "name": node.name,
            "workers": [node.running, node.idle, node.blocked, *([node.locked] if node.locked else ())],
            "limits": [node.min_workers, node.max_workers],
            "queue": [node.waiting, node.capacity],
            "done": node.done,
            "failed": node.failed,
            "rate": 0.0 if series is None else series.rate,
            "rates": rates,
            "marks": self._marks(node.name),
        }

    def _marks(self, job: str) -> list[tuple[float, str]]:
        """Return where in the chart a job was scaled: seconds before now, and the reason."""
        now = self.monitor.latest.at
        recent = (scaled for scaled in self.monitor.scalings if scaled.job == job and now - scaled.at <= WINDOW)
        return [(round(now - scaled.at, 1), scaled.reason) for scaled in recent]

    def _decisions(self) -> list[tuple[str, str, str, str]]:
        scalings = self.monitor.scalings
        started = self.monitor.started
        if started is None:  # the monitor came after the run: count from its first decision
            started = scalings[0].at if scalings else 0.0
        newest = reversed(scalings[-MOST_LINES:])
        return [(f"{max(0.0, s.at - started):,.0f} s", s.job, f"{s.before} → {s.after}", s.reason) for s in newest]

    def _failures(self) -> list[Any]:
        return list(reversed(self.monitor.failures[-MOST_LINES:]))
