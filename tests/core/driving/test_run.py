"""A run: how it is started and waited for, and what it refuses meanwhile."""

import contextvars
import threading

import pytest
from samples import PATIENCE, Gate, fail, ignore, processor, run

from framework.core import Event, Pipeline
from framework.core.driving.driver import Driver
from framework.errors import PipelineEnded, PipelineRunning, RunFailed


def test_start_returns_while_the_pipeline_runs(paused):
    pipeline, _, running = paused
    assert (running.done, running.report, pipeline.current_run) == (False, None, running)
    assert repr(running) == "<Run of paused: running>"


def test_wait_returns_the_report(paused):
    pipeline, gate, running = paused
    gate.open()
    assert running.wait() is pipeline.report
    assert (running.done, repr(running)) == (True, "<Run of paused: done>")


def test_wait_with_a_timeout_says_what_is_missing_and_the_run_goes_on(paused):
    _, gate, running = paused
    with pytest.raises(
        TimeoutError, match=r"paused is not done after 0.01 s:\nsample has 2 waiting\nsample is at work"
    ):
        running.wait(timeout=0.01)
    gate.open()
    assert running.wait().delivered == {"sample": 3}


def test_wait_raises_for_failures_and_the_report_stays():
    pipeline = Pipeline([processor(fail, "a")])
    pipeline.submit(Event("a"))
    running = pipeline.start()
    with pytest.raises(RunFailed, match="sample raised ValueError: boom"):
        running.wait()
    assert len(running.report.failures) == 1


def test_a_second_start_is_refused_while_the_first_runs(paused):
    pipeline, _, running = paused
    with pytest.raises(PipelineRunning, match=r"wait for it \(pipeline.current_run.wait\(\)\)"):
        pipeline.start()
    assert pipeline.current_run is running


def test_a_start_after_the_end_is_refused():
    pipeline = Pipeline([])
    pipeline.start().wait()
    with pytest.raises(PipelineEnded):
        pipeline.start()


def test_a_step_is_refused_while_it_runs(paused):
    with pytest.raises(PipelineRunning):
        paused[0].step()


def test_submits_are_accepted_while_it_runs(paused):
    pipeline, gate, running = paused
    assert pipeline.submit(Event("a")) == 1
    gate.open()
    assert running.wait().delivered == {"sample": 4}


def test_an_interrupt_while_a_run_is_being_started_ends_it(monkeypatch):
    begin = Driver.begin

    def interrupted(driver):
        begin(driver)
        raise KeyboardInterrupt

    seen = []
    pipeline = Pipeline([processor(lambda *_: seen.append(1), "__POISON__")])
    monkeypatch.setattr(Driver, "begin", interrupted)
    with pytest.raises(KeyboardInterrupt):
        pipeline.run()
    assert (pipeline.report is not None, seen) == (True, [1])


def test_a_second_interrupt_before_the_first_was_dealt_with_abandons(monkeypatch):
    def interrupted(context, event):
        raise KeyboardInterrupt

    def again(grace):
        monkeypatch.undo()
        raise KeyboardInterrupt

    pipeline = Pipeline([processor(interrupted, "a")], seed=1)
    pipeline.submit(Event("a"))
    monkeypatch.setattr(pipeline._scheduler, "halt", again)
    with pytest.raises(KeyboardInterrupt):
        pipeline.step()
    assert pipeline.report.interrupted


def test_an_interrupted_start_leaves_the_run_and_its_handle(monkeypatch):
    begin = Driver.begin

    def interrupted(driver):
        begin(driver)
        raise KeyboardInterrupt

    pipeline = Pipeline([processor(ignore, "a")])
    pipeline.submit(Event("a"))
    monkeypatch.setattr(Driver, "begin", interrupted)
    with pytest.raises(KeyboardInterrupt):
        pipeline.start()
    assert pipeline.current_run.wait(PATIENCE).delivered == {"sample": 1}


def test_prints_of_deliveries_belong_to_the_context_that_started_the_run():
    cell = contextvars.ContextVar("cell", default=0)
    seen = []
    pipeline = Pipeline([processor(lambda *_: seen.append(cell.get()), "a", "__PHASE__")])
    pipeline.submit(Event("a"))
    cell.set(1)
    pipeline.step()
    cell.set(2)
    assert set(seen) == {1}


def test_each_step_has_the_context_of_its_own_cell():
    cell = contextvars.ContextVar("cell", default=0)
    seen = []
    pipeline = Pipeline(
        [
            processor(lambda context, _: (seen.append(cell.get()), context.submit(Event("a"))), "__PHASE__"),
            processor(ignore, "a"),
        ],
        max_phases=3,
        on_error="keep",
    )
    for number in (1, 2, 3):
        cell.set(number)
        pipeline.step()
    assert seen == [1, 2, 3]


def test_an_error_of_the_runtime_itself_reaches_the_caller_that_waits(monkeypatch):
    pipeline = Pipeline([processor(ignore, "a")])

    def full():
        raise OSError("disk full")

    monkeypatch.setattr(pipeline._archives, "sync", full)
    with pytest.raises(OSError, match="disk full"):
        pipeline.start().wait()


def test_a_report_is_one_line_of_text():
    report = run(processor(ignore, "a"), events=[Event(name="a")])
    assert repr(report).startswith("Finished: 1 phase, 1 delivered, 0 failures, ")
    assert repr(report.phases[0]).startswith("Phase 1: 1 delivered, 0 emitted, 0 failures, ")


def test_a_run_that_was_abandoned_keeps_its_report_when_its_driver_comes_to_the_end():
    gate, drivers = Gate(), []

    def stuck(context, event):
        drivers.extend(thread for thread in threading.enumerate() if thread.name == "left-driver")
        gate()

    pipeline = Pipeline([processor(stuck, "a")], name="left", grace=PATIENCE)
    pipeline.submit(Event("a"))
    pipeline.start()
    gate.met()
    pipeline._runner.phases.abandon()
    report = pipeline.report
    gate.open()
    drivers[0].join(PATIENCE)
    assert pipeline.report is report
    assert report.interrupted
