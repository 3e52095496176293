"""The stepper in a cell: the widget, and the twin of it that stays in the saved notebook."""

from __future__ import annotations

from typing import Any

from framework.notebook.graphs.drawing import Drawing
from framework.notebook.stepper.stepper import PhaseStepper
from framework.notebook.stepper.stepper_view import StepperView
from framework.notebook.views import picture
from framework.notebook.widgets.live import LiveWidget, show, static_text
from framework.notebook.widgets.markup import block, line, preformatted, table

SHOWN_ROWS = 20


class StepperWidget(LiveWidget):
    """Buttons, graph, panes and the slider of a stepper."""

    _esm = static_text("common.js", "graph.js", "stepper.js")
    _css = static_text("widgets.css")


def show_stepper(stepper: PhaseStepper) -> Any:
    """Return the display bundle of a stepper; an earlier view of it says where it moved."""
    stepper.attach()
    return show(stepper, StepperWidget(StepperView(stepper)), *stepper_twin(stepper))


def stepper_twin(stepper: PhaseStepper) -> tuple[str, str]:
    """Return a stepper as it is now, without buttons, as HTML and as text."""
    state = StepperView(stepper).state()
    pane = state["panes"]["processors"]
    text = f"{state['name']}: {state['summary']}"
    parts = [line(text, strong=True), line(state["hint"] or state["message"])]
    parts.append(picture(Drawing(stepper.pipeline.graph(), stepper.pipeline.snapshot())))
    parts.append(table(pane["head"], [row["cells"] for row in pane["rows"][:SHOWN_ROWS]]))
    failures = state["panes"]["failures"]
    if failures["rows"]:
        parts.append(table(failures["head"], [row["cells"] for row in failures["rows"][:SHOWN_ROWS]]))
    if state["waiting"]:
        parts.append(preformatted(state["waiting"]))
    return block(*parts), text
