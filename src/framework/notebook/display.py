"""Rich display in notebooks: `%load_ext framework.notebook`, or importing it there, registers everything.

IPython is told which view belongs to which class; marimo asks the object, by its method `_display_`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from typing import Any

from framework.notebook import flow_views, tables, views
from framework.notebook.kernel import in_marimo, shell
from framework.notebook.monitor.monitor import ScalingMonitor
from framework.notebook.monitor.monitor_view import monitor_twin, show_monitor
from framework.notebook.stepper.stepper import PhaseStepper
from framework.notebook.stepper.stepper_view import show_stepper, stepper_twin
from framework.notebook.widgets.markup import bundle
from framework.notebook.widgets.shown import LIVE, STATIC, safely

VIEWS: Mapping[tuple[str, str], Callable[[Any], tables.Rendering]] = {
    ("framework.core.pipeline", "Pipeline"): views.runtime_view,
    ("framework.flow.flow", "Flow"): views.runtime_view,
    ("framework.flow.report", "FlowReport"): flow_views.flow_report_view,
    ("framework.flow.profile", "FlowProfile"): flow_views.job_profile_view,
    ("framework.observe.recording.items.item_trace", "ItemTrace"): flow_views.item_trace_view,
    ("framework.core.driving.run", "Run"): views.run_view,
    ("framework.core.inspection.explanation", "Explanation"): views.explanation_view,
    ("framework.reactive.provenance", "Provenance"): views.provenance_view,
    ("framework.reactive.plan", "Plan"): tables.plan_view,
    ("framework.core.results.comparing", "Comparison"): tables.comparison_view,
    ("framework.observe.graph", "Graph"): views.graph_view,
    ("framework.observe.reports", "RunReport"): views.run_report_view,
    ("framework.observe.reports", "PhaseReport"): views.phase_report_view,
    ("framework.observe.reports", "Failures"): views.failures_view,
    ("framework.observe.profile", "Profile"): views.profile_view,
    ("framework.observe.findings", "Findings"): views.findings_view,
    ("framework.observe.reports", "Failure"): views.failure_view,
}
"""Static views by module and class name: IPython looks them up that way, so that runtimes not in use stay unloaded."""

LIVE.update({PhaseStepper: show_stepper, ScalingMonitor: show_monitor})
STATIC.update({PhaseStepper: stepper_twin, ScalingMonitor: monitor_twin})


def load_ipython_extension(ipython: Any) -> None:
    """Have IPython show pipelines, flows and reports richly; `%load_ext framework.notebook` calls this."""
    formatter = ipython.display_formatter.mimebundle_formatter
    for (module, name), view in VIEWS.items():
        formatter.for_type_by_name(module, name, partial(show, view))


def unload_ipython_extension(ipython: Any) -> None:
    """Undo `load_ipython_extension`; `%unload_ext framework.notebook` calls this."""
    formatter = ipython.display_formatter.mimebundle_formatter
    for place in VIEWS:
        formatter.pop(place, None)


def show(view: Callable[[Any], tables.Rendering], value: Any, **_: Any) -> Mapping[str, str]:
    """Return the display bundle of one object; never raises."""
    shown: Mapping[str, str] = safely(lambda: bundle(*view(value)), value)
    return shown


class MarimoOutput:
    """A display bundle as marimo takes it: by the method `_mime_`."""

    def __init__(self, bundle: Mapping[str, str]) -> None:
        self._format = next(iter(bundle.items()))

    def _mime_(self) -> tuple[str, str]:
        return self._format


def register_in_marimo() -> None:
    """Give each class that has a view the method by which marimo shows it."""
    for (module, name), view in VIEWS.items():
        cls = getattr(import_module(module), name)
        cls._display_ = lambda value, view=view: MarimoOutput(show(view, value))


def register() -> None:
    """Register in the notebook or IPython shell of this process, if it is one."""
    running = shell()
    if running is not None:
        load_ipython_extension(running)
    if in_marimo():
        register_in_marimo()


register()  # importing framework.notebook in a notebook is enough
