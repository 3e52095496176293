import threading

import pytest
from samples import PATIENCE, Gate, ignore, processor

from framework.core import Event, Pipeline
from framework.errors import MailboxesFull, PipelineEnded


def submitting(pipeline, count):
    """A thread that submits so many events, and the list of what came of each."""
    outcomes = []

    def submit():
        for n in range(count):
            try:
                outcomes.append(pipeline.submit(Event("a", n=n)))
            except Exception as error:  # noqa: BLE001
                outcomes.append(type(error))

    thread = threading.Thread(target=submit, daemon=True)
    thread.start()
    return thread, outcomes


def test_a_full_pipeline_that_does_not_run_says_what_to_do():
    pipeline = Pipeline([processor(ignore, "a")], max_pending=2)
    pipeline.submit(Event("a"))
    pipeline.submit(Event("a"))
    with pytest.raises(MailboxesFull, match=r"2 deliveries wait \(max_pending=2\).* call start\(\) first, or run\(\)"):
        pipeline.submit(Event("a"))


def test_a_submit_waits_for_room_while_the_pipeline_runs():
    gate, open_end = Gate(), Gate()
    first = processor(lambda _, event: gate() if event.n == 0 else None, "a")
    pipeline = Pipeline([first, processor(open_end, "stay")], max_pending=3)
    pipeline.submit(Event("stay"))
    pipeline.submit(Event("a", n=0))
    running = pipeline.start()
    gate.met()
    open_end.met()
    thread, outcomes = submitting(pipeline, 10)
    thread.join(0.05)
    assert (thread.is_alive(), len(outcomes)) == (True, 3)
    gate.open()
    thread.join(PATIENCE)
    open_end.open()
    running.wait()
    assert outcomes == [1] * 10


def test_no_more_than_the_bound_ever_waits():
    open_end, waiting = Gate(), []
    note = processor(lambda *_: waiting.append(len(pipeline.inbox("sample"))), "a")
    pipeline = Pipeline([note, processor(open_end, "stay")], max_pending=5)
    pipeline.submit(Event("stay"))
    running = pipeline.start()
    open_end.met()
    thread, outcomes = submitting(pipeline, 2000)
    thread.join(PATIENCE)
    open_end.open()
    running.wait()
    assert len(outcomes) == len(waiting) == 2000
    assert max(waiting) <= 5


def test_a_submit_sees_the_room_that_one_of_several_workers_makes():
    stuck = Gate()
    pipeline = Pipeline([processor(stuck, "stuck", name="Stuck"), processor(ignore, "a")], max_pending=1)
    pipeline.submit(Event("stuck"))
    running = pipeline.start()
    stuck.met()
    thread, outcomes = submitting(pipeline, 3000)
    thread.join(PATIENCE)
    stuck.open()
    running.wait()
    assert outcomes == [1] * 3000


def test_a_delivery_that_submits_from_outside_never_waits_for_itself():
    def more(context, event):
        if event.n:
            for _ in range(3):
                assert pipeline.submit(Event("a", n=event.n - 1)) == 1

    pipeline = Pipeline([processor(more, "a")], max_pending=1, deadline=PATIENCE)
    pipeline.submit(Event("a", n=5))
    assert pipeline.run().delivered["sample"] == sum(3**n for n in range(6))


@pytest.mark.parametrize("options", [{}, {"seed": 1}])
def test_a_single_delivery_never_waits_for_itself(options):
    pipeline = Pipeline([processor(lambda *_: [pipeline.submit(Event("b")) for _ in range(3)], "a"),
                         processor(ignore, "b")], max_pending=1, **options)  # fmt: skip
    pipeline.submit(Event("a"))
    pipeline.deliver()
    assert pipeline.run().delivered["sample-2"] == 3


def test_an_observer_on_the_thread_that_drives_never_waits_for_itself():
    def feed(happening):
        if type(happening).__name__ == "PhaseStarted" and happening.phase < 3:
            for _ in range(4):
                pipeline.submit(Event("a"))

    pipeline = Pipeline([processor(ignore, "a")], max_pending=2, deadline=PATIENCE)
    pipeline.observe(feed)
    assert pipeline.run().delivered["sample"] in {4, 8}


def test_a_submit_that_waits_at_the_end_is_refused_or_delivered():
    for _ in range(20):
        gate = Gate()
        pipeline = Pipeline([processor(gate, "a")], max_pending=1)
        pipeline.submit(Event("a"))
        running = pipeline.start()
        gate.met()
        thread, outcomes = submitting(pipeline, 20)
        gate.open()
        report = running.wait()
        thread.join(PATIENCE)
        assert outcomes.count(1) + outcomes.count(PipelineEnded) == 20
        assert report.delivered["sample"] == 1 + outcomes.count(1)


def test_a_submit_that_waits_when_the_run_is_stopped_is_counted_or_refused():
    for _ in range(20):
        gate = Gate()
        pipeline = Pipeline([processor(gate, "a")], max_pending=1)
        pipeline.submit(Event("a"))
        running = pipeline.start()
        gate.met()
        thread, outcomes = submitting(pipeline, 5)
        running.stop()
        gate.open()
        report = running.wait()
        thread.join(PATIENCE)
        assert len(outcomes) == 5
        assert report.delivered["sample"] + report.dropped >= 1 + outcomes.count(1)


def test_a_submit_that_waits_between_two_steps_is_told():
    gate = Gate()
    pipeline = Pipeline([processor(gate, "a"), processor(lambda c, _: c.submit(Event("b")), "__PHASE__"),
                         processor(ignore, "b")], max_pending=1)  # fmt: skip
    pipeline.submit(Event("a"))
    step = threading.Thread(target=pipeline.step)
    step.start()
    gate.met()
    thread, outcomes = submitting(pipeline, 30)
    gate.open()
    step.join(PATIENCE)
    thread.join(PATIENCE)
    assert set(outcomes) <= {1, MailboxesFull}
    pipeline.close()


def test_what_waits_for_init_counts_as_pending():
    gate = Gate()
    pipeline = Pipeline([processor(gate, "__INIT__"), processor(ignore, "a")], max_pending=3)
    running = pipeline.start()
    gate.met()
    thread, outcomes = submitting(pipeline, 10)
    thread.join(0.05)
    assert len(outcomes) == 3
    gate.open()
    thread.join(PATIENCE)
    running.wait()
