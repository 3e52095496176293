"""The Python side of the widgets, with ipywidgets but without a browser; tests/browser has the other side."""

import threading

import pytest
from notebook_processors import make_pipeline

from framework.errors import LayoutUnavailable
from framework.notebook import PhaseStepper, ScalingMonitor
from framework.notebook.graphs import canvas, drawing
from framework.notebook.monitor.monitor_view import MonitorView, MonitorWidget, show_monitor
from framework.notebook.stepper.stepper_view import StepperView, StepperWidget, show_stepper
from framework.notebook.widgets.shown import LIVE

pytestmark = pytest.mark.timeout(20)


@pytest.fixture
def widget():
    widget = StepperWidget(StepperView(PhaseStepper(make_pipeline())))
    yield widget
    widget.move("closed")


def changes(widget, trait):
    changed = threading.Event()
    widget.observe(lambda _: changed.set(), trait)
    return changed


def test_a_click_is_answered_on_another_thread_with_a_new_state(widget):
    changed = changes(widget, "state")
    widget._handle_custom_msg({"do": "step"}, [])

    assert changed.wait(10)
    while widget.state["message"] != "phase 1 is over":
        changed.clear()
        changed.wait(10)
    assert widget.state["summary"] == "Phase 1, 16 delivered, 1 failed"


def test_a_command_from_a_cell_shows_in_the_widget():
    stepper = PhaseStepper(make_pipeline())
    show_stepper(stepper)
    from framework.notebook.widgets.live import _shown

    changed = changes(_shown[stepper], "state")
    stepper.step()

    assert changed.wait(10)


def test_a_stepper_that_is_displayed_again_moves():
    from framework.notebook.widgets.live import _shown

    stepper = PhaseStepper(make_pipeline())
    show_stepper(stepper)
    first = _shown[stepper]
    show_stepper(stepper)

    assert first.moved == "moved to another view"
    assert _shown[stepper].moved == ""


def test_a_stepper_displays_as_widget_and_static_twin():
    data, _ = PhaseStepper(make_pipeline())._repr_mimebundle_()

    assert "application/vnd.jupyter.widget-view+json" in data
    assert "data:image/svg+xml" in data["text/html"]
    assert data["text/plain"] == "demo: Not started, 0 delivered, 0 failed"


def test_a_monitor_displays_as_widget_and_static_twin():
    monitor = ScalingMonitor(make_pipeline())
    data, _ = show_monitor(monitor)
    monitor.close()

    assert "application/vnd.jupyter.widget-view+json" in data
    assert "data:image/svg+xml" in data["text/html"]


def test_a_monitor_that_is_displayed_again_moves():
    from framework.notebook.widgets.live import _shown

    monitor = ScalingMonitor(make_pipeline())
    show_monitor(monitor)
    first = _shown[monitor]
    show_monitor(monitor)
    monitor.close()

    assert first.moved == "moved to another view"
    assert _shown[monitor].moved == ""


def test_scripts_and_styles_are_part_of_the_package_and_fetch_nothing():
    for widget in (StepperWidget, MonitorWidget):
        for text in (widget._esm, widget._css):
            assert "://" not in str(text).replace("http://www.w3.org/2000/svg", "")


def test_the_stop_button_of_a_monitor_ends_the_run():
    pipeline = make_pipeline(on_error="keep")
    pipeline.step()
    MonitorView(ScalingMonitor(pipeline)).handle({"do": "stop"})

    assert pipeline.report.interrupted


def test_without_graphviz_the_stepper_still_works(monkeypatch):
    def unavailable(*_, **__):
        raise LayoutUnavailable(["none"])

    monkeypatch.setattr(canvas, "arranged", unavailable)
    monkeypatch.setattr(drawing, "arranged", unavailable)
    data, _ = PhaseStepper(make_pipeline())._repr_mimebundle_()

    assert "flowchart LR" in data["text/html"]


def test_a_display_that_fails_is_a_text_with_the_reason(monkeypatch):
    def failing(_):
        raise RuntimeError("no widgets here")

    monkeypatch.setitem(LIVE, PhaseStepper, failing)
    shown = PhaseStepper(make_pipeline())._repr_mimebundle_()

    assert shown["text/plain"].startswith("<PhaseStepper of")
    assert "no widgets here" in shown["text/plain"]
