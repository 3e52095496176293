"""How far a run is: a monitor in a notebook, a bar in a terminal, lines in a log file."""

from __future__ import annotations

import atexit
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from framework.notebook.kernel import in_marimo, in_notebook
from framework.notebook.monitor.monitor import ScalingMonitor
from framework.notebook.monitor.monitor_view import MonitorView
from framework.notebook.widgets.markup import printable

LOG_INTERVAL = 10.0
_BAR = 20
_WIDTH = 100


class ProgressBar:
    """A bar in a terminal with what is done, waits and failed, the rate and the time left; it ends its line."""

    def __init__(self, monitor: ScalingMonitor, out: TextIO, *, prints: bool = False) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        self._view = MonitorView(monitor)
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(_BAR),
            TextColumn("{task.fields[told]}", markup=False),
            console=Console(file=out, force_terminal=True, highlight=False),
            auto_refresh=False,
            redirect_stdout=prints,
            redirect_stderr=prints,
        )
        self._task = self._progress.add_task(printable(monitor.latest.name), total=None, told="")
        self._begun = self._ended = False
        self._lock = threading.Lock()  # the monitor's thread, and the one that ends the run

    def __call__(self) -> None:
        """Draw the bar as it is now; the last time ends its line."""
        now = self._view.monitor.latest
        with self._lock:
            if self._ended or now.state == "not started":
                return
            if not self._begun:
                self._begun = True
                self._progress.start()
            done, known = self._view.progress()
            self._progress.update(self._task, completed=done, total=known, told=self._view.told())
            self._progress.refresh()
            if now.state == "finished":
                self._end()

    def close(self) -> None:
        """End the line of a run that goes on, or was never begun."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        if self._begun and not self._ended:
            self._progress.stop()
            self._view.monitor.close()
        self._ended = True


class ProgressLine:
    """One line about a run every ten seconds, and one at its end."""

    def __init__(self, monitor: ScalingMonitor, out: TextIO) -> None:
        self._view = MonitorView(monitor)
        self._out = out
        self._written_at = 0.0
        self._ended = False
        self._lock = threading.Lock()  # the monitor's thread, and the one that ends the run

    def __call__(self) -> None:
        """Write a line if it is time for one."""
        now = self._view.monitor.latest
        with self._lock:
            if self._ended or now.state == "not started":
                return
            self._ended = now.state == "finished"
            if self._ended or now.at - self._written_at >= LOG_INTERVAL:
                self._written_at = now.at
                self._out.write(f"{printable(now.name)}: {self._view.header()}"[:_WIDTH] + "\n")
                self._out.flush()
            if self._ended:
                self._view.monitor.close()

    def close(self) -> None:
        """Write no more."""
        self._ended = True


def watch(runtime: Any, out: TextIO | None = None) -> ScalingMonitor:
    """Watch a pipeline or a flow while it runs.

    In a notebook the result shows live charts as the last expression of a cell. In a terminal, a bar on stderr tells
    how far it is, until it has ended; in a log file a line every ten seconds.

    Args:
        runtime: the pipeline or flow.
        out: where the bar goes, also in a notebook; stderr by default.
    """
    monitor = ScalingMonitor(runtime)
    if out is not None or not in_notebook():
        monitor.listeners.add(_writer(monitor, out or sys.stderr))
        atexit.register(monitor.sample)  # a script may end before the next sample would show the end of its run
    monitor.start()
    return monitor


@contextmanager
def progress(runtime: Any, out: TextIO | None = None) -> Iterator[ScalingMonitor]:
    """Show how far a run is while the block runs it: the monitor in a notebook, else a bar or lines on stderr."""
    monitor, writer = ScalingMonitor(runtime), None
    if out is None and in_notebook():
        _display(monitor)
    else:
        writer = _writer(monitor, out or sys.stderr, prints=True)
        monitor.listeners.add(writer)
    monitor.start()
    try:
        yield monitor
    finally:
        monitor.close()
        monitor.sample()
        if writer is not None:
            writer.close()


def _writer(monitor: ScalingMonitor, out: TextIO, *, prints: bool = False) -> ProgressBar | ProgressLine:
    return ProgressBar(monitor, out, prints=prints) if out.isatty() else ProgressLine(monitor, out)


def _display(monitor: ScalingMonitor) -> None:
    if in_marimo():
        import marimo

        marimo.output.append(monitor)
    else:
        from IPython.display import display

        display(monitor)  # type: ignore[no-untyped-call]
