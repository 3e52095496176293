"""What a phase that settles leaves open, and how `finish` ends it."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import ignore, journal, processor, working_for

from framework.core import Event, Pipeline
from framework.errors import PipelineEnded, RunFailed
from framework.observe import PhaseSettled


def test_the_step_that_settles_ends_nothing():
    pipeline = Pipeline([working_for(1)])
    assert [pipeline.step().settled, pipeline.step().settled, pipeline.report.paused] == [False, True, True]


def test_a_settled_pipeline_takes_more_and_steps_again():
    watcher, seen = journal("a")
    pipeline = Pipeline([watcher])
    assert pipeline.step().settled
    pipeline.submit(Event("a"))
    assert pipeline.step().delivered["journal"] == 2
    assert seen == ["__INIT__", 1, "a", 2]


def test_finish_runs_the_hooks_and_gives_the_report():
    watcher, seen = journal("a")
    pipeline = Pipeline([watcher])
    pipeline.step()
    report = pipeline.finish()
    assert (seen, report.interrupted, report is pipeline.report) == (["__INIT__", 1, "__POISON__"], False, True)


def test_finish_delivers_what_waits_and_runs_no_further_phase():
    watcher, seen = journal("a", "b")
    pipeline = Pipeline([processor(lambda c, _: c.submit(Event("b")), "a"), watcher], max_workers=1)
    pipeline.step()
    pipeline.submit(Event("a"))
    pipeline.finish()
    assert seen == ["__INIT__", 1, "a", "b", "__POISON__"]


def test_finish_begins_a_pipeline_that_was_never_stepped():
    watcher, seen = journal("a")
    pipeline = Pipeline([watcher])
    pipeline.submit(Event("a"))
    pipeline.finish()
    assert seen == ["__INIT__", "a", "__POISON__"]


def test_finish_completes_a_phase_that_single_deliveries_began():
    watcher, seen = journal("a")
    pipeline = Pipeline([watcher])
    pipeline.submit_all([Event("a"), Event("a")])
    pipeline.deliver(phases=True)
    pipeline.finish()
    assert seen == ["__INIT__", "a", "a", 1, "__POISON__"]


def test_finish_raises_for_failures_of_every_phase():
    def fail(context, event):
        raise ValueError

    pipeline = Pipeline([processor(fail, "a")])
    pipeline.submit(Event("a"))
    pipeline.step()
    with pytest.raises(RunFailed):
        pipeline.finish()


def test_finish_again_gives_the_same_report():
    pipeline = Pipeline([])
    assert pipeline.finish() is pipeline.finish()


def test_a_run_of_a_settled_pipeline_only_finishes_it():
    watcher, seen = journal("a")
    pipeline = Pipeline([watcher])
    pipeline.step()
    pipeline.run()
    assert seen == ["__INIT__", 1, "__POISON__"]


def test_a_single_delivery_unsettles_a_pipeline():
    pipeline = Pipeline([processor(ignore, "a")])
    pipeline.step()
    pipeline.submit(Event("a"))
    pipeline.deliver()
    assert len(pipeline.run().phases) == 2


def test_closing_a_settled_pipeline_interrupts_nothing():
    with Pipeline([working_for(0)]) as pipeline:
        pipeline.step()
    assert pipeline.report.interrupted is False


def test_an_observer_may_submit_when_a_phase_has_settled():
    def once_more(happening):
        if isinstance(happening, PhaseSettled) and happening.report.phase == 1:
            pipeline.submit(Event("a"))

    watcher, seen = journal("a")
    pipeline = Pipeline([watcher])
    pipeline.observe(once_more)
    pipeline.run()
    assert seen == ["__INIT__", 1, "a", 2, "__POISON__"]


@given(st.lists(st.sampled_from(["submit", "step", "deliver", "phases"]), max_size=12), st.booleans())
@settings(max_examples=60, deadline=None)
def test_every_event_is_handled_once_however_a_pipeline_is_driven(commands, by_run):
    watcher, seen = journal("a")
    pipeline = Pipeline([watcher], seed=1)
    calls = {
        "submit": lambda: pipeline.submit(Event("a")),
        "step": pipeline.step,
        "deliver": lambda: pipeline.deliver(phases=True),
        "phases": lambda: list(pipeline.phases()),
    }
    for command in commands:
        calls[command]()
    pipeline.run() if by_run else pipeline.finish()
    assert seen.count("a") == commands.count("submit")
    assert (seen.count("__INIT__"), seen.count("__POISON__"), seen[-1]) == (1, 1, "__POISON__")


def test_phases_goes_on_with_what_is_submitted_meanwhile():
    pipeline = Pipeline([processor(ignore, "a")])
    for report in pipeline.phases():
        if report.phase < 3:
            pipeline.submit(Event("a"))
    assert report.phase == 3
    assert list(pipeline.phases()) == []


def test_an_accepted_event_is_never_lost_when_steps_settle_and_finish():
    for _ in range(50):
        seen, accepted = [], []
        pipeline = Pipeline([processor(lambda _, event, seen=seen: seen.append(event.n), "a")])

        def feed(pipeline=pipeline, accepted=accepted):
            for n in range(1000):
                try:
                    pipeline.submit(Event("a", n=n))
                except PipelineEnded:
                    return
                accepted.append(n)

        feeder = threading.Thread(target=feed)
        feeder.start()
        while not pipeline.step().settled:
            pass
        pipeline.finish()
        feeder.join()
        assert seen == accepted
