"""Many events from outside at once: as one `submit` after the other."""

import threading

import pytest
from samples import PATIENCE, Gate, ignore, processor

from framework.core import Event, Pipeline
from framework.errors import MailboxesFull, NotAnEvent, PipelineEnded


def numbered(count, name="a"):
    return [Event(name, n=n) for n in range(count)]


def receiving(*names):
    """A processor of these names, and the numbers that it got in their order."""
    got = []
    return processor(lambda _, event: got.append(event.n), *names), got


@pytest.mark.parametrize("options", [{}, {"seed": 1}, {"max_pending": 1000}])
@pytest.mark.parametrize("kind", [list, tuple, iter])
def test_events_arrive_in_their_order(options, kind):
    receiver, got = receiving("a")
    pipeline = Pipeline([receiver], **options)
    pipeline.submit_all(kind(numbered(500)))
    pipeline.run()
    assert got == list(range(500))


def test_it_counts_the_deliveries_that_events_cause():
    pipeline = Pipeline([processor(ignore, "a"), processor(ignore, "a", "b", name="both")])
    assert pipeline.submit_all([Event("a"), Event("b"), Event("unknown")]) == 3
    report = pipeline.run()
    assert report.delivered == {"sample": 1, "both": 2}
    assert report.dead_letters == 1


def test_no_events_cause_nothing():
    assert Pipeline([processor(ignore, "a")]).submit_all([]) == 0


@pytest.mark.parametrize("options", [{}, {"seed": 1}])
def test_events_that_are_sent_during_a_run_are_delivered(options):
    receiver, got = receiving("a")
    sender = processor(lambda *_: pipeline.submit_all(numbered(100)), "go", name="sender")
    pipeline = Pipeline([receiver, sender], **options)
    pipeline.submit(Event("go"))
    pipeline.run()
    assert got == list(range(100))


@pytest.mark.parametrize("options", [{}, {"seed": 1}])
def test_it_wakes_a_pipeline_that_waits_for_a_hold(options):
    receiver, got = receiving("a")
    holds, held = [], threading.Event()

    def hold(context, event):
        holds.append(context.hold())
        held.set()

    pipeline = Pipeline([receiver, processor(hold, "hold", name="holder")], deadline=PATIENCE, **options)

    def send():
        assert held.wait(PATIENCE)
        pipeline.submit_all(numbered(3))
        holds[0].release()

    thread = threading.Thread(target=send)
    thread.start()
    pipeline.submit(Event("hold"))
    pipeline.run()
    thread.join(PATIENCE)
    assert got == [0, 1, 2]


def test_what_is_sent_while_init_is_handled_comes_after_it():
    order = []
    first = processor(lambda _, event: (order.append(event.name), init() if event.name == "__INIT__" else None),
                      "__INIT__", "a")  # fmt: skip
    pipeline = Pipeline([first])
    init = lambda: pipeline.submit_all(numbered(3))  # noqa: E731
    pipeline.submit_all(numbered(2))
    pipeline.run()
    assert order == ["__INIT__", *["a"] * 5]


def test_observers_are_told_of_each_event():
    told = []
    pipeline = Pipeline([processor(ignore, "a")])
    pipeline.observe(told.append)
    events = numbered(3)
    pipeline.submit_all(events)
    assert [happening.event for happening in told] == events


def test_an_object_that_is_no_event_is_refused_and_those_before_it_are_sent():
    receiver, got = receiving("a")
    pipeline = Pipeline([receiver])
    with pytest.raises(NotAnEvent):
        pipeline.submit_all([*numbered(2), "no event", Event("a", n=3)])
    pipeline.run()
    assert got == [0, 1]


def test_a_generator_may_use_the_pipeline_while_it_makes_the_events():
    receiver, got = receiving("a")
    pipeline = Pipeline([receiver])

    def events():
        for n in range(3):
            thread = threading.Thread(target=pipeline.submit, args=(Event("a", n=-1),))
            thread.start()
            thread.join(PATIENCE)
            assert not thread.is_alive()
            yield Event("a", n=n)

    pipeline.submit_all(events())
    pipeline.run()
    assert got == [-1, -1, -1, 0, 1, 2]


def test_after_the_end_it_refuses():
    pipeline = Pipeline([processor(ignore, "a")])
    pipeline.run()
    with pytest.raises(PipelineEnded):
        pipeline.submit_all(numbered(2))


def test_with_a_bound_no_more_than_that_ever_waits():
    open_end, waiting = Gate(), []
    note = processor(lambda *_: waiting.append(len(pipeline.inbox("sample"))), "a")
    pipeline = Pipeline([note, processor(open_end, "stay", name="stay")], max_pending=5)
    pipeline.submit(Event("stay"))
    running = pipeline.start()
    open_end.met()
    assert pipeline.submit_all(numbered(2000)) == 2000
    open_end.open()
    running.wait(PATIENCE)
    assert len(waiting) == 2000
    assert max(waiting) <= 5


def test_with_a_bound_it_takes_from_the_source_only_what_there_is_room_for():
    taken = []

    def events():
        for event in numbered(10):
            taken.append(event.n)
            yield event

    pipeline = Pipeline([processor(ignore, "a")], max_pending=3)
    with pytest.raises(MailboxesFull):
        pipeline.submit_all(events())
    assert taken == [0, 1, 2, 3]


def test_events_at_the_end_of_a_run_are_accepted_together_or_not_at_all():
    for _ in range(50):
        receiver, got = receiving("a")
        pipeline, outcomes = Pipeline([receiver]), []

        def send(pipeline=pipeline, outcomes=outcomes):
            try:
                while True:
                    outcomes.append(pipeline.submit_all(numbered(20)))
            except PipelineEnded:
                pass

        thread = threading.Thread(target=send, daemon=True)
        running = pipeline.start()
        thread.start()
        running.stop()
        report = running.wait(PATIENCE)
        thread.join(PATIENCE)
        assert len(got) + report.dropped == 20 * len(outcomes)
