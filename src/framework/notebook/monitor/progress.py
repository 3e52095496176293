"""`watch`: a monitor in a notebook, a progress line in a terminal."""

from __future__ import annotations

import atexit
import sys
from typing import Any, TextIO

from framework.notebook.kernel import in_notebook
from framework.notebook.monitor.monitor import ScalingMonitor
from framework.notebook.monitor.monitor_view import MonitorView

INTERVAL = 0.25
LOG_INTERVAL = 10.0
_WIDTH = 100


class ProgressLine:
    """One line about a run, rewritten in a terminal, and repeated every ten seconds in a log file."""

    def __init__(self, monitor: ScalingMonitor, out: TextIO) -> None:
        self._view = MonitorView(monitor)
        self._out = out
        self._terminal = out.isatty()
        self._written_at = 0.0
        self._ended = False

    def __call__(self) -> None:
        """Write the line as it is now; the last one ends with the run."""
        now = self._view.monitor.latest
        self._ended, ended_before = now.state == "finished", self._ended
        if ended_before or now.state == "not started":
            return
        if self._terminal:
            self._out.write(f"\r{self._line():<{_WIDTH}}")
        elif self._ended or now.at - self._written_at >= LOG_INTERVAL:
            self._written_at = now.at
            self._out.write(f"{self._line()}\n")
        if self._ended:
            self._out.write("\n" if self._terminal else "")
            self._view.monitor.close()
        self._out.flush()

    def _line(self) -> str:
        now = self._view.monitor.latest
        waiting = f", {now.waiting:,} waiting" if now.waiting else ""
        return f"{now.name}: {self._view.header()}{waiting}"[:_WIDTH]


def watch(runtime: Any, out: TextIO | None = None) -> ScalingMonitor:
    """Watch a pipeline or a flow while it runs.

    In a notebook the result shows live charts as the last expression of a cell. In a terminal, a line on stderr tells
    how far it is, until it has ended.

    Args:
        runtime: the pipeline or flow.
        out: where the progress line goes, also in a notebook; stderr by default.
    """
    if out is None and in_notebook():
        monitor = ScalingMonitor(runtime)
        monitor.start()
        return monitor
    monitor = ScalingMonitor(runtime, INTERVAL)
    monitor.listeners.add(ProgressLine(monitor, out or sys.stderr))
    monitor.start()
    atexit.register(monitor.sample)  # a script may end before the next sample would show the end of its run
    return monitor
