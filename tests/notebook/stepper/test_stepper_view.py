import json
import threading

import pytest
from notebook_processors import make_pipeline

from framework.core import AbstractProcessor, Event, Pipeline
from framework.notebook import PhaseStepper
from framework.notebook.lineage.recorders import texts_of
from framework.notebook.lineage.selection import Selection
from framework.notebook.lineage.timeline import timeline
from framework.notebook.stepper.panes import MOST_ROWS
from framework.notebook.stepper.stepper_view import StepperView, stepper_twin
from framework.observe import DeliveryFinished, Recorder
from framework.reactive import ReactiveEvent

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

    assert [row[1:3] for row in cells(view, "events")] == [["line", f"number={n}"] for n in (4, 3, 2, 1, 0)]


def test_an_event_opens_its_causes(view):
    view.handle({"do": "step"})
    row = next(row for row in view.state()["panes"]["events"]["rows"] if row["cells"][1] == "parsed")
    view.handle({"do": "event", "number": row["number"]})

    assert "Read: Event(name='line'" in view.state()["tree"]


def test_a_click_on_a_node_filters_all_tabs(view):
    view.handle({"do": "step"})
    view.handle({"do": "select", "node": node_of(view, "Total")})

    assert [row[1] for row in cells(view, "processors")] == ["Total"]
    assert {row[0] for row in cells(view, "attributes")} == {"Total"}
    assert all("Total" in (row[0], row[3]) for row in cells(view, "events"))
    assert cells(view, "failures") == []
    view.handle({"do": "select", "node": None})
    assert len(cells(view, "processors")) == 3


def test_a_click_on_an_event_of_the_graph_shows_its_submissions(view):
    view.handle({"do": "step"})
    view.handle({"do": "select", "node": node_of(view, ("event", "Event", "lost"))})

    assert {row[1] for row in cells(view, "events")} == {"lost"}


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


def test_the_tree_of_causes_belongs_to_its_phase(view):
    view.handle({"do": "step"})
    row = next(row for row in view.state()["panes"]["events"]["rows"] if row["cells"][1] == "parsed")
    view.handle({"do": "event", "number": row["number"]})
    assert view.state()["tree"]
    view.handle({"do": "run"})
    assert view.state()["tree"] == ""
    view.handle({"do": "look", "phase": 1})
    assert view.state()["tree"]


@pytest.mark.parametrize(
    ("event", "texts"),
    [
        (Event(name="line", number=3, text="a"), ("line", "number=3, text='a'")),
        (Event(name="lost"), ("lost", "")),
        (Event(name="it's (odd)", n=1), ("it's (odd)", "n=1")),
        (ReactiveEvent(name="built", target="pair", artifact=(1, 2)), ("pair built", "(1, 2)")),
        (ReactiveEvent(name="resolve", target="pair"), ("pair resolve", "")),
    ],
)
def test_an_event_is_its_name_and_its_own_attributes(event, texts):
    assert texts_of(event, repr(event)) == texts


def test_a_text_that_was_cut_stays_as_far_as_it_goes():
    event = Event(name="long", text="x" * 1000)

    assert texts_of(event, repr(event)[:40] + "...")[1].endswith("xxx...")


def test_what_is_odd_is_found_while_stepping(view):
    view.handle({"do": "run"})
    texts = [row["cells"][0] for row in view.state()["panes"]["findings"]["rows"]]

    assert any("lost" in text for text in texts)


def test_deliveries_stand_on_a_timeline(view):
    view.handle({"do": "step"})
    pane = view.state()["panes"]["timeline"]
    lanes = dict(pane["rows"])

    assert set(lanes) == {"Read", "Parse", "Total"}
    assert pane["total"] == 16
    assert [state for _, _, state, _ in lanes["Parse"]].count("failed") == 1
    assert all(start >= 0 and start + width <= 1.001 for bars in lanes.values() for start, width, _, _ in bars)
    view.handle({"do": "select", "node": node_of(view, "Total")})
    assert [name for name, _ in view.state()["panes"]["timeline"]["rows"]] == ["Total"]


def test_the_time_between_two_clicks_takes_no_room_on_the_timeline():
    recorder = Recorder()
    for start in (0.0, 100.0, 100.5):
        recorder(DeliveryFinished("a", Event(name="x"), 1, start + 1.0, 1.0))
    pane = timeline(recorder, 1, Selection())
    (first, second, third) = dict(pane["rows"])["a"]

    assert pane["note"] == "2,550.0 ms of work, pauses shortened"
    assert (first[0], round(second[0] * 2.55, 2), round(third[0] * 2.55, 2)) == (0.0, 1.05, 1.55)


def test_a_command_that_no_picture_knows_is_left_to_the_view(view):
    assert view.canvas.handle({"do": "step"}) is False
    assert view.canvas.handle({"do": "width", "width": 900}) is True


def test_deliveries_before_the_first_phase_are_not_said_to_be_none(view):
    assert view.state()["summary"].startswith("Not started, 0 delivered")
    view.handle({"do": "deliver"})
    assert view.state()["summary"].startswith("Before phase 1, 1 delivered")
