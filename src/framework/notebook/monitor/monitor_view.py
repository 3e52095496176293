"""The monitor in a cell: `MonitorView` turns it into plain data, `MonitorWidget` shows that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from framework.notebook.monitor.monitor import ScalingMonitor
from framework.notebook.monitor.monitor_table import WORKER_STATES, embedded, inline, monitor_html
from framework.notebook.monitor.series import Series
from framework.notebook.widgets.live import LiveWidget, show, static_text
from framework.notebook.widgets.markup import block, line
from framework.observe import Failure, NodeSnapshot
from framework.observe.recording.failure_kinds import kinds_of
from framework.observe.text import error_line, short_repr

MOST_ROWS = 200
MOST_LINES = 50
WHOLE_SECONDS = 10
"""Seconds from which on a run's time is shown without its fraction."""


class MonitorView:
    """One view of a monitor: its state for the browser, and the answer to its one button."""

    def __init__(self, monitor: ScalingMonitor) -> None:
        self.monitor = monitor
        self._told: tuple[tuple[Failure, ...], list[list[object]]] = ((), [])

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
            "flow": self._is_flow(),
            "state": now.state,
            "header": self.header(),
            "message": monitor.message,
            "rows": [self._row(node) for node in nodes[:MOST_ROWS]],
            "hidden": max(0, len(nodes) - MOST_ROWS),
            "decisions": self._decisions(),
            "failures": self._failures(),
        }

    def header(self) -> str:
        """Return the state in a line, as in "Running 12 s, 840 done/s, 3 failed"."""
        now, monitor = self.monitor.latest, self.monitor
        if now.state == "not started":
            return f"{'Flow' if self._is_flow() else 'Pipeline'} not started"
        seconds = f"{monitor.elapsed:,.0f}" if monitor.elapsed >= WHOLE_SECONDS else f"{monitor.elapsed:.1f}"
        rate = f"{monitor.total.rate:,.0f} done/s" if now.state == "running" else f"{monitor.succeeded:,} done"
        return f"{now.state.capitalize()} {seconds} s, {rate}, {monitor.failed:,} failed{self._left()}"

    def _left(self) -> str:
        """Return how far a pipeline is with what is submitted so far."""
        (done, known), seconds = self.progress(), self.seconds_left()
        if seconds is None or not known:
            return ""
        return f", {100 * done // known} % of what is known, about {seconds:,.0f} s left"

    def progress(self) -> tuple[int, int | None]:
        """Return what is done, and how much is known to do; None of a flow, whose source does not say what it has."""
        now, done = self.monitor.latest, self.monitor.done
        if now.state == "finished":
            return done, done or 1
        under_way = sum(node.running for node in now.nodes.values())
        return done, None if self._is_flow() else (done + now.waiting + under_way) or None

    def seconds_left(self) -> float | None:
        """Return the time that what is known takes at the present rate; None where that cannot be told."""
        (done, known), rate = self.progress(), self.monitor.total.rate
        if known is None or self.monitor.latest.state != "running" or not rate or known == done:
            return None
        return (known - done) / rate

    def told(self) -> str:
        """Return what stands behind a bar: what is done, waits and failed, the rate, the time left."""
        now, monitor = self.monitor.latest, self.monitor
        words = [f"{monitor.succeeded:,} done"]
        words += [f"{now.waiting:,} waiting"] if now.waiting else []
        words += [f"{monitor.failed:,} failed"] if monitor.failed else []
        if now.state == "running":
            words += [f"{monitor.total.rate:,.0f}/s"]
            left = self.seconds_left()
            words += [] if left is None else [f"{left:,.0f} s left"]
        else:
            words += [f"{monitor.elapsed:,.1f} s"]
        return ", ".join(words)

    def handle(self, command: Mapping[str, Any]) -> None:
        """Answer the Stop button."""
        if command.get("do") == "stop":
            self.monitor.stop()

    def _is_flow(self) -> bool:
        return any(node.capacity is not None for node in self.monitor.latest.nodes.values())

    def _row(self, node: NodeSnapshot) -> Mapping[str, Any]:
        monitor = self.monitor
        series = monitor.series.get(node.name) or Series()
        finished, elapsed = monitor.latest.state == "finished", monitor.elapsed
        average = node.done / elapsed if elapsed else 0.0
        return {
            "name": node.name,
            "state": _state(node),
            # After the end no worker is left: how they spent their time says more than zeros.
            "time": self._times(node) if finished else None,
            "workers": {state: count for state, count in _workers(node).items() if count},
            "limits": [node.min_workers, node.max_workers],
            "queue": [node.waiting, node.capacity],
            "retrying": node.retrying,
            "done": node.done - node.failed,
            "failed": node.failed,
            "busy_seconds": node.busy_seconds,
            "rate": average if finished else series.rate,
            "rates": series.rates() or ([average] if finished and average else []),
            "span": series.span or elapsed,
            "marks": self._marks(node.name, series.span),
        }

    def _times(self, node: NodeSnapshot) -> Mapping[str, float]:
        """Return the seconds that the workers of a job or a processor spent in each state."""
        report = getattr(self.monitor.runtime.report, "jobs", {}).get(node.name)
        if report is None:
            return {"working": node.busy_seconds, "idle": max(0.0, self.monitor.elapsed - node.busy_seconds)}
        seconds = report.busy_seconds, report.locked_seconds, report.blocked_seconds, report.idle_seconds
        return dict(zip(WORKER_STATES, seconds, strict=True))

    def _marks(self, job: str, span: float) -> list[tuple[float, str]]:
        """Return where in the chart a job was scaled: seconds before its end, and the reason."""
        end = self.monitor.ended
        recent = (scaled for scaled in self.monitor.scalings if scaled.job == job and end - scaled.at <= span)
        return [(round(max(0.0, end - scaled.at), 2), scaled.reason) for scaled in recent]

    def _decisions(self) -> list[tuple[str, str, str, str]]:
        scalings = self.monitor.scalings
        started = self.monitor.started
        if started is None:  # the monitor came after the run: count from its first decision
            started = scalings[0].at if scalings else 0.0
        newest = reversed(scalings[-MOST_LINES:])
        return [(f"{max(0.0, s.at - started):,.0f} s", s.job, f"{s.before} → {s.after}", s.reason) for s in newest]

    def _failures(self) -> list[list[object]]:
        """Return a row for each kind, the newest first; read anew only when there are more."""
        failures, (known, rows) = self.monitor.failures, self._told
        if len(known) != len(failures) or (failures and known[-1] is not failures[-1]):
            kinds = kinds_of(failures)[-MOST_LINES:]
            rows = [
                [kind.processor, len(kind), error_line(kind.first.exception), kind.where, short_repr(kind.first.event)]
                for kind in reversed(kinds)
            ]
            self._told = failures, rows
        return rows


def _workers(node: NodeSnapshot) -> Mapping[str, int]:
    return dict(zip(WORKER_STATES, (node.running, node.locked, node.blocked, node.idle + node.opening), strict=True))


def _state(node: NodeSnapshot) -> str:
    """Return what a processor does: it has one worker, which is in one state."""
    if node.running:
        return "working"
    return "waiting" if node.waiting else "idle"


class MonitorWidget(LiveWidget):
    """Rows of charts, decisions and failures."""

    _esm = static_text("common.js", "monitor.js")
    _css = static_text("widgets.css")


def show_monitor(monitor: ScalingMonitor) -> Any:
    """Return the display bundle of a monitor; an earlier view of it says where it moved."""
    monitor.sample()
    bundle = show(monitor, MonitorWidget(MonitorView(monitor)), *monitor_twin(monitor))
    monitor.start()
    return bundle


def monitor_twin(monitor: ScalingMonitor) -> tuple[str, str]:
    """Return a monitor as it is now, as HTML and as text."""
    state = MonitorView(monitor).rows()
    text = f"{state['name']}: {state['header']}"
    return block(line(text, strong=True), monitor_html(state, embedded)), text
