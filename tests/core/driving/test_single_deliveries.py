import threading
import time

import pytest
from samples import PATIENCE, ignore, processor

from framework.core import Event, Pipeline
from framework.observe import DeliveryFailed, DeliveryFinished, PhaseReport

modes = pytest.mark.parametrize("options", [{"max_workers": 1}, {"seed": 3}], ids=["threads", "seed"])


def journal():
    """Processors that cause work in two phases, and the list of what they got."""
    seen = []

    def note(context, event):
        seen.append((context.processor, event.name, context.phase))
        if event.name == "__PHASE__" and event.phase < 3:
            context.submit(Event("a", n=2))
        if event.name == "a" and event.n:
            context.submit(Event("a", n=event.n - 1))

    names = ("__INIT__", "__PHASE__", "__POISON__", "a")
    return [processor(note, *names, name=name) for name in ("x", "y")], seen


def started(options):
    processors, seen = journal()
    pipeline = Pipeline(processors, **options)
    pipeline.submit(Event("a", n=1))
    return pipeline, seen


def advanced(pipeline):
    """Everything that single deliveries gave, until a phase settled; then the run is ended."""
    steps = [pipeline.deliver(phases=True)]
    while not getattr(steps[-1], "settled", False):
        steps.append(pipeline.deliver(phases=True))
    pipeline.finish()
    return steps


def test_single_deliveries_to_the_end_make_the_same_run():
    whole, expected = started({"seed": 3})
    whole.run()
    single, seen = started({"seed": 3})
    advanced(single)
    assert seen == expected
    assert [phase.delivered for phase in single.report.phases] == [phase.delivered for phase in whole.report.phases]


@modes
def test_each_delivery_is_given_and_each_phase_ends_with_its_report(options):
    pipeline, _ = started(options)
    steps = advanced(pipeline)
    reports = [step for step in steps if isinstance(step, PhaseReport)]
    assert reports == list(pipeline.report.phases)
    assert all(isinstance(step, DeliveryFinished | PhaseReport) for step in steps)
    hooks = 2
    assert len(steps) - len(reports) == sum(pipeline.report.delivered.values()) - hooks


@modes
def test_it_delivers_on_the_calling_thread(options):
    threads = set()
    pipeline = Pipeline([processor(lambda *_: threads.add(threading.current_thread()), "a")], **options)
    pipeline.submit(Event("a"))
    pipeline.deliver(phases=True)
    assert threads == {threading.current_thread()}


@modes
def test_a_step_finishes_the_phase_that_was_begun(options):
    pipeline, _ = started(options)
    pipeline.deliver(phases=True)
    assert pipeline.step().phase == 1
    assert pipeline.step().phase == 2


@modes
def test_a_run_finishes_what_was_begun(options):
    pipeline, _ = started(options)
    for _ in range(3):
        pipeline.deliver(phases=True)
    other, _ = started(options)
    assert pipeline.run().delivered == other.run().delivered


@modes
def test_a_failure_is_given_and_not_raised(options):
    def fail(context, event):
        raise ValueError

    pipeline = Pipeline([processor(fail, "a")], **options)
    pipeline.submit(Event("a"))
    assert isinstance(pipeline.deliver(phases=True), DeliveryFailed)


@modes
def test_it_waits_for_what_a_hold_submits(options):
    def later(hold):
        with hold:
            hold.submit(Event("b"))

    waiting = processor(lambda c, _: threading.Thread(target=later, args=(c.hold(),)).start(), "a")
    pipeline = Pipeline([waiting, processor(ignore, "b")], deadline=PATIENCE, **options)
    pipeline.submit(Event("a"))
    assert [step.event.name for step in advanced(pipeline) if isinstance(step, DeliveryFinished)] == ["a", "b"]


@modes
def test_a_stop_between_deliveries_ends_the_run(options):
    pipeline, seen = started(options)
    pipeline.deliver(phases=True)
    pipeline.stop()
    assert pipeline.report.interrupted
    assert sorted(name for name, event, _ in seen if event == "__POISON__") == ["x", "y"]


@modes
def test_it_waits_while_a_hold_is_open_and_nothing_else_is_to_be_done(options, monkeypatch):
    waiting, holds = threading.Event(), []
    pipeline = Pipeline([processor(lambda context, _: holds.append(context.hold()), "a")], **options)
    wait = pipeline._scheduler._wait_for_change

    def telling(*args, **kwargs):
        waiting.set()
        wait(*args, **kwargs)

    monkeypatch.setattr(pipeline._scheduler, "_wait_for_change", telling)
    pipeline.submit(Event("a"))
    assert isinstance(pipeline.deliver(phases=True), DeliveryFinished)
    releasing = threading.Thread(target=lambda: waiting.wait(PATIENCE) and holds[0].release())
    releasing.start()
    assert isinstance(pipeline.deliver(phases=True), PhaseReport)
    releasing.join()


class ThinkingReader:
    """The clock of a run whose reader thinks for an hour before each click."""

    def __init__(self):
        self.thought = 0.0

    def monotonic(self):
        return time.monotonic() + self.thought


@modes
@pytest.mark.parametrize(
    "click",
    [lambda pipeline: pipeline.deliver(), lambda pipeline: pipeline.deliver(phases=True), Pipeline.step],
    ids=["delivery", "in phases", "phase"],
)
def test_the_time_between_two_clicks_is_no_run_time(options, click, monkeypatch):
    reader = ThinkingReader()
    monkeypatch.setattr("framework.core.driving.phases.time", reader)
    pipeline, _ = started(options)
    for _ in range(3):
        click(pipeline)
        reader.thought += 3600
    report = pipeline.run()

    assert 0 < report.elapsed < 600
    assert 0 < sum(phase.elapsed for phase in report.phases) <= report.elapsed


def test_single_deliveries_count_in_the_time_of_the_phase_that_counts_them(monkeypatch):
    reader = ThinkingReader()
    monkeypatch.setattr("framework.core.driving.phases.time", reader)

    def work(context, event):
        reader.thought += 7 if event.name == "a" else 0

    pipeline = Pipeline([processor(work, "a", name="x")])
    pipeline.submit(Event("a"))
    pipeline.deliver()

    assert 7 <= pipeline.step().elapsed < 600
