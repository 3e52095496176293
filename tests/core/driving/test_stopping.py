"""Stopping a run: what is dropped, what still happens, and what is left behind."""

import threading

import pytest
from samples import PATIENCE, Gate, ignore, processor

from framework.core import Event, Pipeline
from framework.errors import PipelineRunning


def test_stop_drops_what_waits_and_counts_it(paused):
    _, gate, running = paused
    running.stop()
    gate.open()
    report = running.wait()
    assert (report.delivered, report.dropped, report.interrupted) == ({"sample": 1}, 2, True)


def test_the_report_of_a_stopped_run_says_what_it_waited_for(paused):
    _, gate, running = paused
    running.stop()
    gate.open()
    assert running.wait().waiting == "sample has 2 waiting\nsample is at work"


def test_what_running_deliveries_submit_after_a_stop_is_dropped_and_counted():
    gate = Gate()

    def send(context, event):
        gate()
        for _ in range(3):
            assert context.submit(Event("b")) == 0

    pipeline = Pipeline([processor(send, "a"), processor(ignore, "b")])
    pipeline.submit(Event("a"))
    running = pipeline.start()
    gate.met()
    running.stop()
    gate.open()
    assert (running.wait().dropped, running.report.dead_letters) == (3, 0)


def test_a_stopped_run_still_runs_its_hooks():
    gate, seen = Gate(), []
    pipeline = Pipeline([processor(gate, "a"), processor(lambda *_: seen.append(1), "__POISON__")])
    pipeline.submit(Event("a"))
    running = pipeline.start()
    gate.met()
    running.stop()
    gate.open()
    running.wait()
    assert seen == [1]


def test_stopping_twice_is_harmless(paused):
    pipeline, gate, running = paused
    running.stop()
    pipeline.stop()
    gate.open()
    running.wait()
    pipeline.stop()


def test_a_stop_while_hooks_run_lets_them_finish():
    gate, ran = Gate(), []

    def hook(context, event):
        gate()
        ran.append(context.processor)

    hooks = [processor(hook, "__POISON__", name=name) for name in "abc"]
    pipeline = Pipeline(hooks, max_workers=1, grace=PATIENCE)
    running = pipeline.start()
    gate.met()
    running.stop()
    gate.open()
    running.wait()
    assert sorted(ran) == ["a", "b", "c"]


def test_a_hook_that_never_stops_working_is_ended_by_a_stop():
    started = threading.Event()

    def hook(context, event):
        started.set()
        context.submit(Event("again"))

    pipeline = Pipeline([processor(hook, "__POISON__", "again")], grace=0.1)
    running = pipeline.start()
    assert started.wait(PATIENCE)
    running.stop()
    assert running.wait(PATIENCE).interrupted


def test_a_stop_from_a_processor_ends_the_run():
    def stop(context, event):
        if event.n == 3:
            pipeline.stop()

    pipeline = Pipeline([processor(stop, "a")])
    for n in range(10):
        pipeline.submit(Event("a", n=n))
    report = pipeline.run()
    assert (report.delivered["sample"], report.dropped) == (4, 6)


def test_a_stop_during_a_single_delivery_ends_the_run():
    gate, seen = Gate(), []
    pipeline = Pipeline([processor(gate, "a"), processor(lambda *_: seen.append(1), "__POISON__")])
    pipeline.submit(Event("a"))
    thread = threading.Thread(target=pipeline.deliver)
    thread.start()
    gate.met()
    pipeline.stop()
    gate.open()
    thread.join()
    assert (pipeline.report.interrupted, seen) == (True, [1])


def test_a_delivery_that_does_not_return_is_left_behind_after_the_grace(caplog):
    gate, seen = Gate(), []
    pipeline = Pipeline(
        [processor(gate, "a", name="Stuck"), processor(lambda *_: seen.append(1), "__POISON__")], grace=1
    )
    pipeline.submit(Event("a"))
    running = pipeline.start()
    gate.met()
    running.stop()
    running.wait(PATIENCE)
    gate.open()
    assert "Stuck did not return within grace=1 s and was left behind" in caplog.text
    assert seen == [1]


@pytest.mark.parametrize("watched", [False, True])
def test_what_was_left_behind_can_submit_nothing_more(watched):
    gate, outcome, ended = Gate(), [], threading.Event()

    def stuck(context, event):
        gate()
        try:
            context.submit(Event("b"))
        except RuntimeError as error:
            outcome.append(type(error).__name__)
        ended.set()

    pipeline = Pipeline([processor(stuck, "a"), processor(ignore, "b")], grace=0.05)
    if watched:
        pipeline.observe(lambda _: None)
    pipeline.submit(Event("a"))
    running = pipeline.start()
    gate.met()
    running.stop()
    running.wait(PATIENCE)
    gate.open()
    assert ended.wait(PATIENCE)
    assert outcome == ["UnsafeSubmit"]


def test_an_observer_may_close_the_pipeline_from_the_thread_that_drives():
    gate = Gate()
    pipeline = Pipeline([processor(gate, "__PHASE__")])
    pipeline.observe(lambda happening: pipeline.close() if type(happening).__name__ == "PhaseSettled" else None)
    running = pipeline.start()
    gate.met()
    gate.open()
    assert running.wait(PATIENCE).interrupted


def test_what_was_left_behind_cannot_fail_any_more(caplog):
    gate, threads = Gate(), []

    def stuck(context, event):
        threads.append(threading.current_thread())
        gate()
        raise ValueError("much too late")

    pipeline = Pipeline([processor(stuck, "a")], grace=0.05)
    pipeline.submit(Event("a"))
    running = pipeline.start()
    gate.met()
    running.stop()
    report = running.wait(PATIENCE)
    gate.open()
    threads[0].join(PATIENCE)
    assert not report.failures
    assert "much too late" not in caplog.text


def test_a_delivery_cannot_close_its_own_pipeline():
    pipeline = Pipeline([processor(lambda *_: pipeline.close(), "a")], on_error="keep")
    pipeline.submit(Event("a"))
    (failure,) = pipeline.run().failures
    assert isinstance(failure.exception, PipelineRunning)
    assert "pipeline.stop()" in str(failure.exception)
