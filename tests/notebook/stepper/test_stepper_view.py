import json
import threading

import pytest
from notebook_processors import make_pipeline

from framework.core import AbstractProcessor, Event, Pipeline
from framework.notebook import PhaseStepper
from framework.notebook.stepper.panes import MOST_ROWS
from framework.notebook.stepper.stepper_view import StepperView
from framework.notebook.stepper.stepper_widget import stepper_twin

pytestmark = pytest.mark.timeout(30)


@pytest.fixture
def view():
    return StepperView(PhaseStepper(make_pipeline()))


def cells(view, pane):
    return [row["cells"] for row in view.state()["panes"][pane]["rows"]]


def node_of(view, key):
    return view.canvas.find(key)


def test_the_state_is_json(view):
    view.handle({"do": "step"})

    assert json.loads(json.dumps(view.state())) == json.loads(json.dumps(view.state()))


def test_an_empty_pipeline_says_what_to_do():
    view = StepperView(PhaseStepper(make_pipeline(count=0)))

    assert view.state()["hint"].startswith("Nothing submitted yet: pipeline.submit(")


def test_a_pipeline_without_processors_is_shown():
    view = StepperView(PhaseStepper(Pipeline([])))
    view.handle({"do": "step"})
    view.handle({"do": "finish"})

    assert view.state()["hint"] == "Finished: 1 phase, 0 failures"
    assert view.picture().startswith("<svg")


def test_a_click_on_step_steps(view):
    view.handle({"do": "step"})

    assert view.state()["summary"] == "Phase 1, 16 delivered, 1 failed"
    assert view.state()["message"] == "phase 1 is over"


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ({"do": "deliver"}, "delivered Event(name='start', count=5) to Read"),
        ({"do": "run"}, "Finished: 2 phases, 1 failure"),
        ({"do": "stop"}, "Stopped: 0 phases, 0 failures"),
        ({"do": "until", "phase": 2}, "phase 2 began"),
        ({"do": "until", "condition": "failure"}, "Parse raised ValueError: three"),
        ({"do": "until", "phase": None}, "✗ until takes one of"),
        ({"do": "look", "phase": 9}, "✗ no recorded phase is named 9"),
        ({"do": "format the disk"}, "unknown command"),
    ],
)
def test_every_command_leaves_its_message(view, command, message):
    view.handle(command)

    assert message in view.state()["message"]


def test_a_key_that_comes_during_a_delivery_is_answered_after_it():
    delivering, go_on = threading.Event(), threading.Event()

    class Slow(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="work"):
                    delivering.set()
                    go_on.wait(10)

    pipeline = Pipeline([Slow()])
    pipeline.submit(Event("work"))
    pipeline.submit(Event("work"))
    view = StepperView(PhaseStepper(pipeline))
    presses = [threading.Thread(target=view.handle, args=({"do": "deliver"},)) for _ in range(2)]
    presses[0].start()
    assert delivering.wait(10)
    presses[1].start()
    presses[1].join(0.2)  # it must wait, not be refused
    go_on.set()
    for press in presses:
        press.join(10)

    assert pipeline.snapshot().done == 2


def test_failed_processors_come_first(view):
    view.handle({"do": "step"})

    assert cells(view, "processors")[0] == ["✗", "Parse", 0, 7, 7, 1, pytest.approx(0, abs=1)]


def test_failures_come_with_input_place_and_code_to_debug(view):
    view.handle({"do": "step"})
    (row,) = view.state()["panes"]["failures"]["rows"]

    assert row["cells"] == ["Parse", "ValueError('three')", "Event(name='line', number=3)"]
    assert row["detail"].endswith('raise ValueError("three")')
    assert row["code"] == "stepper.failures[0].debug()"


def test_a_failure_can_be_rerun(view):
    view.handle({"do": "step"})
    view.handle({"do": "rerun", "number": 0})

    assert "three" in view.state()["message"]


def test_events_of_the_phase_are_shown_newest_first(view):
    view.handle({"do": "deliver"})

    assert [row[1] for row in cells(view, "events")] == [f"Event(name='line', number={n})" for n in (4, 3, 2, 1, 0)]


def test_an_event_opens_its_causes(view):
    view.handle({"do": "step"})
    row = next(row for row in view.state()["panes"]["events"]["rows"] if "parsed" in row["cells"][1])
    view.handle({"do": "event", "number": row["number"]})

    assert "Read: Event(name='line'" in view.state()["tree"]


def test_a_click_on_a_node_filters_all_tabs(view):
    view.handle({"do": "step"})
    view.handle({"do": "select", "node": node_of(view, "Total")})

    assert [row[1] for row in cells(view, "processors")] == ["Total"]
    assert {row[0] for row in cells(view, "attributes")} == {"Total"}
    assert all("Total" in (row[0], row[2]) for row in cells(view, "events"))
    assert cells(view, "failures") == []
    view.handle({"do": "select", "node": None})
    assert len(cells(view, "processors")) == 3


def test_a_click_on_an_event_of_the_graph_shows_its_submissions(view):
    view.handle({"do": "step"})
    view.handle({"do": "select", "node": node_of(view, ("event", "Event", "lost"))})

    assert {row[1] for row in cells(view, "events")} == {"Event(name='lost')"}


def test_arrows_that_were_used_in_the_phase_are_told(view):
    view.handle({"do": "step"})
    figure = view.canvas.figure
    used = {figure.arrows[int(edge.removeprefix("edge-"))].source for edge in view.state()["used"]}

    assert {"Read", "Parse", "Total"} <= {figure.boxes[place].label for place in used}


def test_the_slider_has_a_tick_for_each_phase(view):
    view.handle({"do": "run"})

    assert view.state()["ticks"] == [[1, 1], [2, 0]]


def test_the_past_is_shown_as_it_was(view):
    view.handle({"do": "step"})
    then = cells(view, "attributes")
    view.handle({"do": "run"})
    view.handle({"do": "look", "phase": 1})

    assert view.state()["past"] == 1
    assert cells(view, "attributes") == then
    view.handle({"do": "now"})
    assert view.state()["past"] is None


def test_what_was_not_recorded_is_said_to_be_so():
    pipeline = make_pipeline()
    pipeline.step()
    stepper = PhaseStepper(pipeline)
    view = StepperView(stepper)
    stepper.attach()

    assert view.state()["panes"]["events"]["note"] == "not recorded before phase 2"


def test_why_it_is_not_finished_is_shown(view):
    view.handle({"do": "deliver"})

    assert "Parse has 5 waiting" in view.state()["waiting"]


def test_the_twin_is_html_that_needs_no_script(view):
    view.handle({"do": "step"})
    html, text = stepper_twin(view.stepper)

    assert "<script" not in html
    assert "<svg" not in html
    assert "data:image/svg+xml;base64," in html
    assert text == "demo: Phase 1, 16 delivered, 1 failed"


def test_what_a_user_wrote_is_escaped_in_the_twin():
    class Echo(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="<img src=x>"):
                    raise ValueError("<b>bold</b>")

    pipeline = Pipeline([Echo("<script>")], strict_interest_inference=True, name="<i>")
    pipeline.submit(Event(name="<img src=x>"))
    view = StepperView(PhaseStepper(pipeline))
    view.handle({"do": "step"})
    html, _ = stepper_twin(view.stepper)

    assert not [tag for tag in ("<script", "<b>", "<i>", "<img src=x") if tag in html]


class Relay(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="go"):
                context.submit(Event(name="went"))


def test_a_thousand_processors_stay_usable():
    pipeline = Pipeline([Relay(f"Relay-{number}") for number in range(1000)], strict_interest_inference=True)
    pipeline.submit(Event(name="go"))
    view = StepperView(PhaseStepper(pipeline))
    view.picture()
    view.handle({"do": "step"})
    state = json.dumps(view.state())

    assert len(json.loads(state)["panes"]["processors"]["rows"]) == MOST_ROWS
    assert len(state) < 200_000
