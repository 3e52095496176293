"""The monitor in a cell: the widget, and the twin of it that stays in the saved notebook."""

from __future__ import annotations

from typing import Any

from framework.notebook.monitor.monitor import ScalingMonitor
from framework.notebook.monitor.monitor_table import embedded, monitor_html
from framework.notebook.monitor.monitor_view import MonitorView
from framework.notebook.widgets.live import LiveWidget, show, static_text
from framework.notebook.widgets.markup import block, line


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
