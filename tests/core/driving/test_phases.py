import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import Gate, ignore, journal, processor, run, working_for

from framework.core import Event, Pipeline
from framework.errors import PipelineEnded, PipelineRunning, RunFailed
from framework.observe import DeliveryFailed, DeliveryFinished


def test_init_comes_before_what_was_submitted_earlier():
    watcher, seen = journal("a")
    run(watcher, events=[Event("a")])
    assert seen == ["__INIT__", "a", 1, "__POISON__"]


def test_what_init_causes_comes_before_what_was_submitted_earlier():
    order = []
    first = processor(lambda context, _: context.submit(Event("early")), "__INIT__")
    run(first, processor(lambda _, event: order.append(event.name), "early", "a"), events=[Event("a")])
    assert order == ["early", "a"]


def test_init_comes_before_what_is_submitted_meanwhile():
    gate, order = Gate(), []

    def init(context, event):
        gate()
        order.append("init")

    pipeline = Pipeline([processor(init, "__INIT__"), processor(lambda *_: order.append("a"), "a")])
    running = pipeline.start()
    gate.met()
    assert pipeline.submit(Event("a")) == 1
    gate.open()
    running.wait()
    assert order == ["init", "a"]


def test_init_comes_once_however_the_pipeline_is_driven():
    watcher, seen = journal("a")
    pipeline = Pipeline([watcher, working_for(3)])
    pipeline.submit(Event("a"))
    pipeline.deliver()
    pipeline.step()
    pipeline.run()
    assert seen.count("__INIT__") == 1


def test_phases_are_numbered_from_one():
    watcher, seen = journal()
    run(watcher, working_for(3))
    assert [number for number in seen if isinstance(number, int)] == [1, 2, 3, 4]


def test_the_run_ends_at_the_phase_that_causes_no_more_work():
    report = run(working_for(3))
    assert [(phase.phase, phase.settled) for phase in report.phases] == [(1, False), (2, False), (3, False), (4, True)]


@given(st.lists(st.integers(0, 3), max_size=6), st.integers(0, 3))
@settings(max_examples=30)
def test_a_run_reaches_the_fixed_point_whatever_each_phase_causes(work, seed):
    def cause(context, event):
        for _ in range(work[event.phase - 1] if event.phase <= len(work) else 0):
            context.submit(Event("more"))

    report = run(processor(cause, "__PHASE__", name="causing"), processor(ignore, "more"), seed=seed)
    quiet = next((number for number, amount in enumerate(work) if not amount), len(work))
    assert len(report.phases) == quiet + 1


def test_an_event_without_recipients_is_no_work():
    silent = processor(lambda context, _: context.submit(Event("lost")), "__PHASE__")
    assert len(run(silent).phases) == 1


def test_poison_comes_once_and_last():
    watcher, seen = journal("a", "more")
    run(watcher, working_for(2), events=[Event("a")] * 3)
    assert (seen.count("__POISON__"), seen[-1]) == (1, "__POISON__")


def test_what_a_hook_submits_is_delivered():
    seen = []
    hook = processor(lambda context, _: context.submit(Event("flush", n=1)), "__POISON__")
    run(hook, processor(lambda _, event: seen.append(event.n), "flush"))
    assert seen == [1]


def test_every_hook_runs_also_when_one_raises():
    ran = []

    def hook(context, event):
        ran.append(context.processor)
        raise ValueError

    hooks = [processor(hook, "__POISON__", name=name) for name in "abc"]
    with pytest.raises(RunFailed):
        run(*hooks)
    assert sorted(ran) == ["a", "b", "c"]


def test_a_failing_init_stops_nothing():
    seen = []

    def fail(context, event):
        raise ValueError

    run(processor(fail, "__INIT__"), processor(lambda *_: seen.append(1), "a"), events=[Event("a")], on_error="keep")
    assert seen == [1]


def test_the_report_of_a_phase_counts_deliveries_by_name():
    report = run(processor(ignore, "a", name="one"), processor(ignore, "a", "b", name="two"), events=map(Event, "aab"))
    assert report.phases[0].delivered == {"one": 2, "two": 3}


def test_the_report_of_a_phase_counts_what_was_emitted():
    twice = processor(lambda c, _: (c.submit(Event("b")), c.submit(Event("b"))), "a")
    assert run(twice, events=[Event("a")] * 5).phases[0].emitted == 10


def test_what_a_hold_submits_counts_as_emitted():
    def go(context, event):
        with context.hold() as hold:
            hold.submit(Event("b"))

    assert run(processor(go, "a"), processor(ignore, "b"), events=[Event("a")] * 5).phases[0].emitted == 5


def test_steps_and_a_run_deliver_the_same_in_the_same_order():
    def trace(drive):
        watcher, seen = journal("a", "more")
        pipeline = Pipeline([watcher, working_for(2)], max_workers=1)
        pipeline.submit(Event("a"))
        drive(pipeline)
        return seen, [(phase.phase, phase.delivered, phase.emitted) for phase in pipeline.report.phases]

    def steps(pipeline):
        while not pipeline.step().settled:
            pass
        pipeline.finish()

    def phases(pipeline):
        list(pipeline.phases())
        pipeline.finish()

    traces = [trace(Pipeline.run), trace(steps), trace(phases), trace(lambda p: p.start().wait())]
    assert all(one == traces[0] for one in traces)


def test_a_step_after_the_end_says_what_to_do():
    pipeline = Pipeline([])
    pipeline.run()
    with pytest.raises(PipelineEnded, match=r"pipeline\.report\. Make a new Pipeline to run again"):
        pipeline.step()


def test_a_step_raises_no_failures():
    def fail(context, event):
        raise ValueError

    pipeline = Pipeline([processor(fail, "a")])
    pipeline.submit(Event("a"))
    assert len(pipeline.step().failures) == 1


def test_submits_between_steps_belong_to_the_next_phase():
    pipeline = Pipeline([processor(ignore, "a"), working_for(2)])
    pipeline.step()
    pipeline.submit(Event("a"))
    assert pipeline.step().delivered["sample"] == 1


def test_phases_hands_out_each_report_when_its_phase_is_over():
    pipeline = Pipeline([working_for(2)])
    assert [(phase.phase, pipeline.snapshot().phase) for phase in pipeline.phases()] == [(1, 1), (2, 2), (3, 3)]


def test_phases_may_be_left_and_taken_up_again():
    pipeline = Pipeline([working_for(3)])
    next(pipeline.phases())
    assert [phase.phase for phase in pipeline.phases()] == [2, 3, 4]


def test_a_pipeline_without_processors_runs():
    assert len(run().phases) == 1


# -- one delivery at a time


def test_deliver_makes_one_delivery_on_the_calling_thread():
    seen = []
    pipeline = Pipeline([processor(lambda _, event: seen.append((event.n, threading.current_thread())), "a")])
    for n in range(3):
        pipeline.submit(Event("a", n=n))
    assert isinstance(pipeline.deliver(), DeliveryFinished)
    assert seen == [(0, threading.current_thread())]


def test_deliver_returns_none_when_it_is_quiet():
    pipeline = Pipeline([processor(ignore, "a")])
    pipeline.submit(Event("a"))
    assert [pipeline.deliver() is None, pipeline.deliver() is None] == [False, True]


def test_deliver_makes_init_first():
    pipeline = Pipeline([processor(ignore, "a", "__INIT__")])
    pipeline.submit(Event("a"))
    assert [pipeline.deliver().event.name for _ in range(2)] == ["__INIT__", "a"]


def test_deliver_gives_a_failure_and_does_not_raise_it():
    def fail(context, event):
        raise ValueError("boom")

    pipeline = Pipeline([processor(fail, "a")])
    pipeline.submit(Event("a"))
    outcome = pipeline.deliver()
    assert isinstance(outcome, DeliveryFailed)
    assert str(outcome.failure.exception) == "boom"


def test_a_step_after_deliveries_goes_on_where_they_ended():
    watcher, seen = journal("a")
    pipeline = Pipeline([watcher])
    for _ in range(3):
        pipeline.submit(Event("a"))
    pipeline.deliver()
    pipeline.deliver()
    assert pipeline.step().delivered["journal"] == 5
    assert seen == ["__INIT__", "a", "a", "a", 1]


def test_deliver_is_refused_while_workers_run():
    gate = Gate()
    pipeline = Pipeline([processor(gate, "a")], name="busy")
    pipeline.submit(Event("a"))
    running = pipeline.start()
    gate.met()
    with pytest.raises(PipelineRunning, match=r"busy is running: wait for it .* or stop it"):
        pipeline.deliver()
    gate.open()
    running.wait()


def test_deliver_may_stop_in_the_debugger(typing, capsys):
    typing("p event.n * 2", "c")
    pipeline = Pipeline([processor(ignore, "a")])
    pipeline.submit(Event("a", n=21))
    outcome = pipeline.deliver(break_=True)
    assert isinstance(outcome, DeliveryFinished)
    assert "42" in capsys.readouterr().out


# -- ends before the end


def test_a_pipeline_that_was_never_run_can_be_closed():
    watcher, seen = journal("a")
    pipeline = Pipeline([watcher])
    pipeline.submit(Event("a"))
    pipeline.close()
    pipeline.close()
    assert (seen, pipeline.report.dropped) == ([], 1)


def test_leaving_a_with_block_closes_the_pipeline():
    with Pipeline([processor(ignore, "a")]) as pipeline:
        pipeline.submit(Event("a"))
    with pytest.raises(PipelineEnded):
        pipeline.submit(Event("a"))


def test_closing_between_steps_runs_the_hooks():
    watcher, seen = journal()
    with Pipeline([watcher, working_for(5)]) as pipeline:
        pipeline.step()
    assert seen == ["__INIT__", 1, "__POISON__"]


def test_submit_after_the_end_says_what_to_do():
    pipeline = Pipeline([processor(ignore, "a")])
    pipeline.run()
    with pytest.raises(PipelineEnded, match="takes no more events: make a new Pipeline"):
        pipeline.submit(Event("a"))


def test_a_second_run_says_what_to_do():
    pipeline = Pipeline([])
    pipeline.run()
    with pytest.raises(PipelineEnded, match="Make a new Pipeline to run again"):
        pipeline.run()


def test_an_accepted_event_is_never_lost_at_the_end():
    for _ in range(100):
        seen, accepted = [], []
        pipeline = Pipeline([processor(lambda _, event, seen=seen: seen.append(event.n), "a")])
        running = pipeline.start()
        for n in range(1000):
            try:
                pipeline.submit(Event("a", n=n))
            except PipelineEnded:
                break
            accepted.append(n)
        running.wait()
        assert seen == accepted


def test_a_processor_may_serve_one_pipeline_after_another():
    watcher, seen = journal("a")
    for _ in range(2):
        run(watcher, events=[Event("a")])
    assert seen == ["__INIT__", "a", 1, "__POISON__"] * 2
