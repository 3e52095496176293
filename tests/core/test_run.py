import asyncio
import contextvars
import gc
import threading
import weakref

import pytest
from samples import PATIENCE, Gate, ignore, processor, run

from framework.core import Event, Pipeline, Run
from framework.errors import PipelineEnded, PipelineRunning, RunFailed


def fail(context, event):
    raise ValueError("boom")


@pytest.fixture
def paused():
    """A pipeline that runs in the background, its gate, and its run; the delivery has begun."""
    gate = Gate()
    pipeline = Pipeline([processor(gate, "a")], name="paused", grace=PATIENCE)
    for _ in range(3):
        pipeline.submit(Event("a"))
    running = pipeline.start()
    gate.met()
    yield pipeline, gate, running
    gate.open()
    running.join()


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
        [processor(gate, "a", name="Stuck"), processor(lambda *_: seen.append(1), "__POISON__")], grace=0.05
    )
    pipeline.submit(Event("a"))
    running = pipeline.start()
    gate.met()
    running.stop()
    running.wait(PATIENCE)
    gate.open()
    assert "Stuck did not return within grace=0.05 s and was left behind" in caplog.text
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


def test_a_processor_may_close_its_own_pipeline():
    pipeline = Pipeline([processor(lambda *_: pipeline.close(), "a")], grace=0.05)
    pipeline.submit(Event("a"))
    assert pipeline.start().wait(PATIENCE).interrupted


def test_an_observer_may_close_the_pipeline_from_the_thread_that_drives():
    gate = Gate()
    pipeline = Pipeline([processor(gate, "__PHASE__")])
    pipeline.observe(lambda happening: pipeline.close() if type(happening).__name__ == "PhaseSettled" else None)
    running = pipeline.start()
    gate.met()
    gate.open()
    assert running.wait(PATIENCE).interrupted


def test_an_interrupt_while_a_run_is_being_started_ends_it(monkeypatch):
    begin = Run.begin

    def interrupted(run):
        begin(run)
        raise KeyboardInterrupt

    seen = []
    pipeline = Pipeline([processor(lambda *_: seen.append(1), "__POISON__")])
    monkeypatch.setattr(Run, "begin", interrupted)
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
    begin = Run.begin

    def interrupted(run):
        begin(run)
        raise KeyboardInterrupt

    pipeline = Pipeline([processor(ignore, "a")])
    pipeline.submit(Event("a"))
    monkeypatch.setattr(Run, "begin", interrupted)
    with pytest.raises(KeyboardInterrupt):
        pipeline.start()
    assert pipeline.current_run.wait(PATIENCE).delivered == {"sample": 1}


def test_a_run_can_be_awaited():
    async def main():
        pipeline = Pipeline([processor(ignore, "a")])
        pipeline.submit(Event("a"))
        return await pipeline.start()

    assert asyncio.run(main()).delivered == {"sample": 1}


def test_awaiting_a_run_leaves_the_loop_free(paused):
    _, gate, running = paused

    async def main():
        waiting = asyncio.ensure_future(asyncio.wait_for(_wait(running), PATIENCE))
        await asyncio.sleep(0)
        gate.open()
        return await waiting

    assert asyncio.run(main()).delivered == {"sample": 3}


async def _wait(running):
    return await running


def test_awaiting_a_run_raises_for_failures():
    async def main():
        pipeline = Pipeline([processor(fail, "a")])
        pipeline.submit(Event("a"))
        await pipeline.start()

    with pytest.raises(RunFailed):
        asyncio.run(main())


def test_a_cancelled_await_does_not_stop_the_run(paused):
    _, gate, running = paused

    async def main():
        waiting = asyncio.ensure_future(_wait(running))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(main())
    gate.open()
    assert not running.wait().interrupted


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


def test_an_error_of_the_runtime_itself_reaches_whoever_waits(monkeypatch):
    pipeline = Pipeline([processor(ignore, "a")])

    def full():
        raise OSError("disk full")

    monkeypatch.setattr(pipeline._archives, "sync", full)
    with pytest.raises(OSError, match="disk full"):
        pipeline.start().wait()


def test_a_pipeline_that_is_dropped_leaves_no_thread_behind():
    before = set(threading.enumerate())
    pipeline = Pipeline([processor(lambda c, _: c.submit(Event("b")), "__PHASE__"), processor(ignore, "b")])
    pipeline.step()
    workers = set(threading.enumerate()) - before
    assert workers
    del pipeline
    for thread in workers:
        thread.join(PATIENCE)
        assert not thread.is_alive()


def test_a_pipeline_that_its_processors_know_leaves_nothing_behind_either(monkeypatch):
    monkeypatch.setattr("framework.core.threads.PARKED", 0.01)
    before = set(threading.enumerate())
    working = processor(lambda context, _: context.submit(Event("b")), "__PHASE__")
    pipeline = Pipeline([working, processor(ignore, "b")])
    working.pipeline = pipeline
    watching = [pipeline]
    pipeline.observe(watching.count)
    pipeline.step()
    gone = weakref.ref(pipeline)
    del pipeline, working, watching
    for thread in set(threading.enumerate()) - before:
        thread.join(PATIENCE)
    gc.collect()
    assert gone() is None


def test_threads_that_nobody_wakes_end_and_others_start_when_they_are_needed(monkeypatch):
    monkeypatch.setattr("framework.core.threads.PARKED", 0.0)
    pipeline = Pipeline([processor(lambda context, _: context.submit(Event("b")), "__PHASE__"), processor(ignore, "b")],
                        name="short-lived")  # fmt: skip
    for _ in range(3):
        pipeline.step()
        for thread in threading.enumerate():
            if thread.name.startswith("short-lived-"):
                thread.join(PATIENCE)
    assert pipeline.snapshot().nodes["sample-2"].done == 3
    pipeline.close()


def test_a_report_is_readable_as_text():
    assert "delivered={'sample': 1}" in repr(run(processor(ignore, "a"), events=[Event("a")]))
