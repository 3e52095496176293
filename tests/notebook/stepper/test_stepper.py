import threading

import pytest
from notebook_processors import make_pipeline

from framework.core import AbstractProcessor, Event, Pipeline
from framework.errors import OptionError, PipelineRunning, UnknownName
from framework.notebook import PhaseStepper
from framework.observe import DeliveryFinished, DeliveryStarted, EventSubmitted, PhaseSettled, PhaseStarted

pytestmark = pytest.mark.timeout(20)


class Slow(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.entered = threading.Event()
        self.go_on = threading.Event()

    def process(self, context, event):
        match event:
            case Event(name="work"):
                self.entered.set()
                self.go_on.wait(20)


@pytest.fixture
def slow():
    """A processor that waits in its delivery until it is told to go on."""
    processor = Slow()
    yield processor
    processor.go_on.set()


@pytest.fixture
def stepper():
    return PhaseStepper(make_pipeline())


def test_a_step_runs_one_phase(stepper):
    assert stepper.step() == "phase 1 is over"
    assert stepper.pipeline.snapshot().phase == 1


def test_a_delivery_is_one_delivery(stepper):
    assert stepper.deliver() == "delivered Event(name='start', count=5) to Read"
    assert stepper.pipeline.snapshot().done == 1


def test_a_delivery_that_fails_says_so(stepper):
    reasons = [stepper.deliver() for _ in range(9)]

    assert any("Parse raised ValueError: three" in reason for reason in reasons)


def test_without_work_a_delivery_says_what_to_do():
    assert "step()" in PhaseStepper(make_pipeline(count=0)).deliver()


def test_running_to_the_end_shows_failures_and_raises_none(stepper):
    assert stepper.run() == "Finished: 2 phases, 1 failure"
    assert stepper.pipeline.report is not None


def test_a_finished_pipeline_is_said_to_be_finished(stepper):
    stepper.run()

    assert stepper.step() == "Finished: 2 phases, 1 failure"


def test_until_failure_stops_right_after_the_first(stepper):
    assert "Parse raised ValueError: three" in stepper.until("failure")
    assert [failure.event.number for failure in stepper.failures] == [3]
    assert stepper.pipeline.report.paused


def test_until_stops_right_after_the_first_happening_that_matches(stepper):
    reason = stepper.until(lambda happening: isinstance(happening, EventSubmitted) and happening.event.name == "parsed")

    assert reason == "Parse submitted Event(name='parsed', number=0)"
    assert len(stepper.recorder.events(name="parsed")) == 1


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        (EventSubmitted, "Read submitted Event(name='line', number=0)"),
        (DeliveryStarted, "Read got Event(name='start', count=5)"),
        (DeliveryFinished, "Read handled Event(name='start', count=5)"),
        (PhaseStarted, "phase 1 began"),
        (PhaseSettled, "phase 1 is over"),
    ],
)
def test_until_tells_what_happened_in_words(stepper, kind, line):
    assert stepper.until(lambda happening: isinstance(happening, kind)) == line


def test_until_goes_on_across_phases(stepper):
    reason = stepper.until(lambda happening: isinstance(happening, EventSubmitted) and happening.sender == "Total")

    assert reason == "Total submitted Event(name='start', count=2)"
    assert stepper.pipeline.snapshot().waiting == 1


def test_what_until_left_open_is_finished_by_a_step(stepper):
    stepper.until(lambda happening: isinstance(happening, EventSubmitted) and happening.sender == "Total")

    assert stepper.step() == "phase 1 is over"
    assert stepper.pipeline.snapshot().nodes["Parse"].done == 7


def test_until_a_phase_stops_when_it_begins(stepper):
    assert stepper.until(phase=2) == "phase 2 began"
    assert stepper.pipeline.snapshot().phase == 2


def test_until_a_phase_that_has_begun_makes_no_delivery(stepper):
    stepper.step()
    done = stepper.pipeline.snapshot().done

    assert stepper.until(phase=1) == "phase 1 has begun already"
    assert stepper.pipeline.snapshot().done == done


def test_until_a_target_stops_when_its_artifact_is_announced():
    class Announce(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="start"):
                    for target in ("left", "pair", "right"):
                        context.submit(Event(name="built", target=target, artifact=1))

    pipeline = Pipeline([Announce()], strict_interest_inference=True)
    pipeline.submit(Event(name="start"))

    assert "target='pair'" in PhaseStepper(pipeline).until(target="pair")


def test_until_something_that_never_happens_stops_when_the_pipeline_settles(stepper):
    assert stepper.until(lambda _: False) == "settled before the condition held"
    assert stepper.pipeline.report.paused


def test_a_settled_stepper_takes_more_and_steps_again(stepper):
    while "settled" not in stepper.step():
        pass
    stepper.pipeline.submit(Event(name="start", count=1))

    stepper.step()

    assert stepper.history.last.delivered["Read"] == 1


def test_finish_ends_and_raises_no_failures(stepper):
    while "settled" not in stepper.step():
        pass

    assert stepper.finish() == "Finished: 2 phases, 1 failure"
    assert stepper.pipeline.report.failures


def test_a_condition_that_fails_raises_where_until_was_called(stepper):
    def failing(_):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        stepper.until(failing)


@pytest.mark.parametrize("wrong", [{}, {"phase": 1, "target": "x"}, {"condition": "faliure"}])
def test_until_wants_exactly_one_thing(stepper, wrong):
    with pytest.raises(OptionError, match="until takes"):
        stepper.until(**wrong)


def test_stop_runs_the_hooks_and_leaves_the_report(stepper):
    stepper.step()

    assert stepper.stop() == "Stopped: 1 phase, 1 failure"
    assert stepper.pipeline.report.interrupted


def test_stop_ends_a_run_that_goes_on(slow):
    pipeline = Pipeline([slow], strict_interest_inference=True, grace=10)
    pipeline.submit(Event(name="work"))
    pipeline.submit(Event(name="work"))
    stepper = PhaseStepper(pipeline)
    running = threading.Thread(target=stepper.run)
    running.start()
    slow.entered.wait(10)
    stopping = threading.Thread(target=stepper.stop)
    stopping.start()
    while not pipeline._scheduler.halted:
        pass
    slow.go_on.set()
    running.join(10)
    stopping.join(10)

    assert pipeline.report.dropped == 1


def test_a_busy_stepper_refuses_another_command(slow):
    pipeline = Pipeline([slow], strict_interest_inference=True)
    pipeline.submit(Event(name="work"))
    stepper = PhaseStepper(pipeline)
    running = threading.Thread(target=stepper.run)
    running.start()
    slow.entered.wait(10)

    with pytest.raises(PipelineRunning, match="busy"):
        stepper.step()
    assert stepper.busy
    slow.go_on.set()
    running.join(10)


def test_a_pipeline_that_runs_elsewhere_is_not_stepped(slow):
    pipeline = Pipeline([slow], strict_interest_inference=True)
    pipeline.submit(Event(name="work"))
    run = pipeline.start()
    slow.entered.wait(10)

    with pytest.raises(PipelineRunning):
        PhaseStepper(pipeline).step()
    slow.go_on.set()
    run.wait(10)


def test_looking_back_shows_texts_as_they_were(stepper):
    stepper.run()
    moment = stepper.look(1)

    assert moment.attributes["Parse"] == {"seen": "7"}
    assert moment.attributes["Total"] == {"total": "8"}
    assert stepper.pipeline["Total"].total == 8


def test_the_past_is_not_today(stepper):
    stepper.step()
    stepper.pipeline["Total"].total = 1000

    assert stepper.look(1).attributes["Total"] == {"total": "8"}
    assert stepper.now().attributes["Total"] != {"total": "1000"} or stepper.looking_at is None


def test_looking_back_executes_nothing(stepper):
    stepper.step()
    stepper.step()
    records = len(stepper.recorder)
    stepper.look(1)

    assert len(stepper.recorder) == records


def test_a_command_comes_back_to_now(stepper):
    stepper.step()
    stepper.look(1)
    stepper.step()

    assert stepper.looking_at is None


def test_a_phase_that_was_not_recorded_cannot_be_looked_at(stepper):
    stepper.step()

    with pytest.raises(UnknownName, match="recorded phase"):
        stepper.look(7)


def test_attributes_that_changed_in_the_phase_are_told(stepper):
    stepper.step()

    assert ("Parse", "seen") in stepper.now().changed


def test_waiting_events_are_shown_as_texts(stepper):
    stepper.deliver()

    assert stepper.now().inboxes["Parse"][0] == "Event(name='line', number=0)"


def test_nothing_is_recorded_before_the_first_command():
    pipeline = make_pipeline()
    stepper = PhaseStepper(pipeline)
    pipeline.step()
    stepper.step()

    assert stepper.recorded_from == 2
    assert not [event for event in stepper.recorder.events() if event.name == "line"]


def test_a_pipeline_with_an_attribute_whose_repr_raises_can_be_stepped():
    class Unprintable:
        def __repr__(self):
            raise RuntimeError

    pipeline = make_pipeline()
    pipeline["Parse"].thing = Unprintable()
    stepper = PhaseStepper(pipeline)
    stepper.step()

    assert "whose repr raised RuntimeError" in stepper.now().attributes["Parse"]["thing"]


def test_listeners_are_told_of_every_command(stepper):
    told = []
    stepper.listeners.add(lambda: told.append(1))
    stepper.deliver()

    assert len(told) >= 2


def test_a_stepper_says_what_it_steps(stepper):
    assert repr(stepper).startswith("<PhaseStepper of <Pipeline demo: not started")


def test_a_run_of_deliveries_counts_as_its_phase(stepper):
    stepper.deliver()
    stepper.step()

    assert stepper.pipeline.graph().name == "demo"
    assert sum(isinstance(r.happening, DeliveryFinished) for r in stepper.recorder.records) == 15


def test_what_happened_is_a_frame():
    stepper = PhaseStepper(make_pipeline())
    stepper.step()

    assert set(stepper.frame()["processor"].dropna()) == {"Read", "Parse", "Total"}
