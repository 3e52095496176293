"""The stepper in a cell: the widget, and the twin of it that stays in the saved notebook."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from framework.notebook.graphs.drawing import Drawing
from framework.notebook.kernel import cell_name
from framework.notebook.stepper.stepper import PhaseStepper
from framework.notebook.stepper.stepper_view import StepperView
from framework.notebook.views import picture
from framework.notebook.widgets.live import LiveWidget, static_text, with_twin
from framework.notebook.widgets.markup import block, line, preformatted, table

SHOWN_ROWS = 20


class StepperWidget(LiveWidget):
    """Buttons, graph, panes and the slider of a stepper."""

    _esm = static_text("common.js", "graph.js", "stepper.js")
    _css = static_text("widgets.css")


_shown: WeakKeyDictionary[PhaseStepper, StepperWidget] = WeakKeyDictionary()


def show_stepper(stepper: PhaseStepper) -> Any:
    """Return the display bundle of a stepper; an earlier view of it says where it moved."""
    stepper.attach()
    view = StepperView(stepper)
    widget = StepperWidget(view)
    old = _shown.get(stepper)
    if old is not None:
        stepper.listeners.remove(old.poke)
        old.move(f"moved to {cell_name() or 'another view'}")
    stepper.listeners.add(widget.poke)
    _shown[stepper] = widget
    html, text = stepper_twin(stepper)
    return with_twin(widget, html, text)


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
