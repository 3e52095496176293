import threading
from itertools import pairwise

import pytest
from samples import PATIENCE, Gate, ignore, processor

from framework.core import AbstractProcessor, Event, Pipeline
from framework.observe import (
    DeliveryFailed,
    DeliveryFinished,
    DeliveryStarted,
    EventSubmitted,
    PhaseSettled,
    PhaseStarted,
    RunFinished,
)


def watched(*processors, events=(), **options):
    """Everything that happened in a run."""
    seen = []
    pipeline = Pipeline(processors, on_error="keep", **options)
    pipeline.observe(seen.append)
    for event in events:
        pipeline.submit(event)
    pipeline.run()
    return seen


def kinds(happenings):
    return [type(happening).__name__ for happening in happenings]


def fail(context, event):
    raise ValueError


# -- what happens


def test_happenings_come_in_their_order():
    relay = processor(lambda context, _: context.submit(Event("b")), "a", name="relay")
    assert kinds(watched(relay, processor(ignore, "b"), events=[Event("a")], max_workers=1)) == [
        "EventSubmitted",
        "PhaseStarted",
        "DeliveryStarted",
        "EventSubmitted",
        "DeliveryFinished",
        "DeliveryStarted",
        "DeliveryFinished",
        "PhaseSettled",
        "RunFinished",
    ]


def test_the_pipelines_own_events_are_told_where_an_observer_wants_them():
    seen = watched(processor(ignore, "__PHASE__"))
    assert [h.event.name for h in seen if isinstance(h, EventSubmitted)] == ["__PHASE__"]


def test_a_submit_tells_sender_cause_and_recipients():
    start = Event("a")
    relay = processor(lambda context, _: context.submit(Event("b")), "a", name="relay")
    seen = watched(relay, processor(ignore, "b", name="end"), events=[start])
    first, second = [h for h in seen if isinstance(h, EventSubmitted) and h.event.name in "ab"]
    assert (first.sender, first.cause, first.recipients, first.phase) == (None, None, ("relay",), 0)
    assert (second.sender, second.cause, second.recipients, second.phase) == ("relay", start, ("end",), 1)


def test_what_a_hold_submits_has_the_cause_of_its_delivery():
    def go(context, event):
        with context.hold() as hold:
            hold.submit(Event("b"))

    start = Event("a")
    seen = watched(processor(go, "a", name="holding"), processor(ignore, "b"), events=[start])
    [told] = [h for h in seen if isinstance(h, EventSubmitted) and h.event.name == "b"]
    assert (told.sender, told.cause) == ("holding", start)


def test_a_delivery_tells_when_it_began_and_how_long_it_took():
    seen = watched(processor(ignore, "a"), events=[Event("a")])
    [began] = [h for h in seen if isinstance(h, DeliveryStarted)]
    [ended] = [h for h in seen if isinstance(h, DeliveryFinished)]
    assert ended.elapsed == pytest.approx(ended.at - began.at)


def test_a_failed_delivery_tells_its_failure():
    seen = watched(processor(fail, "a"), events=[Event("a")])
    [failed] = [h for h in seen if isinstance(h, DeliveryFailed)]
    assert (failed.processor, type(failed.failure.exception)) == ("sample", ValueError)
    assert not [h for h in seen if isinstance(h, DeliveryFinished)]


def test_phases_and_the_end_carry_their_reports():
    seen = watched(processor(ignore, "a"), events=[Event("a")])
    assert [h.phase for h in seen if isinstance(h, PhaseStarted)] == [1]
    assert [h.report.delivered for h in seen if isinstance(h, PhaseSettled)] == [{"sample": 1}]
    assert [len(h.report.phases) for h in seen if isinstance(h, RunFinished)] == [1]


def test_times_never_go_back():
    seen = watched(processor(ignore, "a"), events=[Event("a")] * 20, max_workers=1)
    assert all(before.at <= after.at for before, after in pairwise(seen))


def test_every_delivery_of_many_threads_is_told_once():
    seen = watched(*[processor(ignore, "a") for _ in range(8)], events=[Event("a")] * 200, max_workers=4)
    assert len([h for h in seen if isinstance(h, DeliveryFinished)]) == 1600


def test_happenings_can_be_read_with_match():
    names = []
    for happening in watched(processor(ignore, "a"), events=[Event("a")]):
        match happening:
            case DeliveryFinished(processor=name, event=Event("a")):
                names.append(name)
    assert names == ["sample"]


def test_single_deliveries_are_told():
    seen = []
    pipeline = Pipeline([processor(ignore, "a")])
    pipeline.observe(seen.append)
    pipeline.submit(Event("a"))
    pipeline.deliver()
    assert kinds(seen) == ["EventSubmitted", "DeliveryStarted", "DeliveryFinished"]


# -- observers


def test_a_closed_subscription_is_told_nothing_more():
    seen = []
    pipeline = Pipeline([processor(ignore, "a")])
    with pipeline.observe(seen.append):
        pipeline.submit(Event("a"))
    pipeline.submit(Event("a"))
    assert len(seen) == 1


@pytest.mark.parametrize("error", [ValueError("broken"), SystemExit(1)], ids=["error", "exit"])
@pytest.mark.parametrize("options", [{}, {"seed": 1}], ids=["threads", "seed"])
def test_a_failing_observer_is_dropped_and_logged_and_the_run_goes_on(caplog, error, options):
    told = []

    def broken(happening):
        if isinstance(happening, DeliveryStarted):
            told.append(happening)
            raise error

    pipeline = Pipeline([processor(ignore, "a")], **options)
    pipeline.observe(broken)
    for _ in range(5):
        pipeline.submit(Event("a"))
    assert pipeline.run().delivered == {"sample": 5}
    assert len(told) == 1
    assert "failed and is called no more" in caplog.text


def test_the_other_observers_are_told_when_one_fails():
    seen = []
    pipeline = Pipeline([processor(ignore, "a")])
    pipeline.observe(lambda _: 1 / 0)
    pipeline.observe(seen.append)
    pipeline.submit(Event("a"))
    assert len(seen) == 1


def test_something_that_cannot_be_called_is_no_observer():
    with pytest.raises(TypeError, match="observe takes a function of one happening, got int"):
        Pipeline([]).observe(5)


def test_an_observer_attached_while_it_runs_is_told_what_comes():
    gate, seen = Gate(), []
    pipeline = Pipeline([processor(gate, "a"), processor(ignore, "b")])
    pipeline.submit(Event("a"))
    running = pipeline.start()
    gate.met()
    pipeline.observe(seen.append)
    pipeline.submit(Event("b"))
    gate.open()
    running.wait()
    assert "sample-2" in [h.processor for h in seen if isinstance(h, DeliveryFinished)]


def test_an_observer_may_submit():
    pipeline = Pipeline([processor(ignore, "a"), processor(ignore, "b")])

    def answer(happening):
        match happening:
            case DeliveryFinished(event=Event("a")):
                pipeline.submit(Event("b"))

    pipeline.observe(answer)
    for _ in range(50):
        pipeline.submit(Event("a"))
    assert pipeline.run().delivered == {"sample": 50, "sample-2": 50}


def test_an_observer_may_stop_the_run():
    pipeline = Pipeline([processor(ignore, "a")], max_workers=1)
    pipeline.observe(lambda happening: pipeline.stop() if isinstance(happening, DeliveryFinished) else None)
    for _ in range(10):
        pipeline.submit(Event("a"))
    report = pipeline.run()
    assert report.delivered["sample"] + report.dropped == 10


def test_an_observer_may_ask_how_it_is():
    states = []
    pipeline = Pipeline([processor(ignore, "a")])
    pipeline.observe(lambda _: states.append((pipeline.snapshot().state, pipeline.why_waiting(), repr(pipeline))))
    pipeline.submit(Event("a"))
    pipeline.run()
    assert [states[0][0], states[1][0], states[-1][0]] == ["not started", "running", "finished"]


# -- how it is


def test_a_snapshot_is_exact_when_it_is_quiet():
    pipeline = Pipeline([processor(ignore, "a", name="one"), processor(fail, "a", name="two")], on_error="keep")
    for _ in range(4):
        pipeline.submit(Event("a"))
    before = pipeline.snapshot()
    pipeline.run()
    after = pipeline.snapshot()
    assert (before.state, before.waiting, before.done, before.phase) == ("not started", 8, 0, 0)
    assert (after.state, after.waiting, after.done, after.failed, after.phase) == ("finished", 0, 8, 4, 1)
    assert (after.nodes["one"].failed, after.nodes["two"].failed) == (0, 4)


@pytest.mark.parametrize("options", [{}, {"seed": 1}], ids=["threads", "seed"])
def test_a_snapshot_shows_who_is_at_work(options):
    gate = Gate()
    pipeline = Pipeline([processor(gate, "a"), processor(ignore, "b")], **options)
    pipeline.submit(Event("a"))
    pipeline.submit(Event("a"))
    running = pipeline.start()
    gate.met()
    node, other = pipeline.snapshot().nodes.values()
    gate.open()
    running.wait()
    assert (node.running, node.waiting, node.workers, node.idle, node.done) == (1, 1, 1, 0, 0)
    assert (other.running, other.idle) == (0, 1)


@pytest.mark.parametrize("history", [False, True])
def test_a_snapshot_counts_busy_seconds_of_the_delivery_that_runs(history):
    gate = Gate()
    pipeline = Pipeline([processor(gate, "a")], history=history)
    pipeline.submit(Event("a"))
    running = pipeline.start()
    gate.met()
    first, second = (pipeline.snapshot().nodes["sample"].busy_seconds for _ in range(2))
    gate.open()
    running.wait()
    after = pipeline.snapshot().nodes["sample"].busy_seconds
    assert 0 < first < second <= after + 1e-3  # a worker takes the mailbox a moment before the drain counts its time


def test_a_pipeline_between_two_steps_is_paused():
    pipeline = Pipeline([processor(lambda c, _: c.submit(Event("b")), "__PHASE__"), processor(ignore, "b")])
    pipeline.step()
    assert pipeline.snapshot().state == "paused"
    pipeline.close()


def test_snapshots_and_reasons_can_be_asked_for_at_any_moment():
    stop, errors = threading.Event(), []
    pipeline = Pipeline([processor(lambda c, e: c.submit(Event("a", n=e.n - 1)) if e.n else None, "a")
                         for _ in range(2)], deadline=PATIENCE, on_error="keep")  # fmt: skip

    def ask():
        while not stop.is_set():
            try:
                pipeline.snapshot()
                pipeline.why_waiting()
                pipeline.graph()
            except Exception as error:  # noqa: BLE001
                errors.append(error)

    pipeline.observe(lambda _: None)
    asking = threading.Thread(target=ask)
    asking.start()
    pipeline.submit(Event("a", n=10))
    pipeline.run()
    stop.set()
    asking.join()
    assert errors == []


def test_the_repr_of_a_pipeline_says_its_state():
    pipeline = Pipeline([processor(ignore, "a")], name="sums")
    pipeline.submit(Event("a"))
    assert repr(pipeline) == "<Pipeline sums: not started, 1 processor, 1 waiting>"


# -- what it is


class Split(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="text", text=text):
                for word in text.split():
                    context.submit(Event("word", word=word))


class Count(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="word"):
                context.submit(Event("total"))


def arrows(pipeline):
    return {(edge.source, edge.target, edge.kind, edge.observed) for edge in pipeline.graph().edges}


def test_the_graph_shows_who_receives_and_emits_what():
    text, word, total = (("event", "Event", name) for name in ("text", "word", "total"))
    assert arrows(Pipeline([Split(), Count()])) == {
        (text, "Split", "receives", False),
        ("Split", word, "emits", False),
        (word, "Count", "receives", False),
        ("Count", total, "emits", False),
    }


def test_the_graph_tells_what_was_seen_from_what_was_read():
    pipeline = Pipeline([Split(), Count()])
    pipeline.observe(lambda _: None)
    pipeline.submit(Event("text", text="a b"))
    pipeline.run()
    assert ("Split", ("event", "Event", "word"), "emits", True) in arrows(pipeline)


def test_the_graph_shows_what_leads_nowhere_and_what_comes_from_outside():
    graph = Pipeline([Split(), Count()]).graph()
    assert graph.node(("event", "Event", "total")).missing
    assert graph.node(("event", "Event", "text")).details == {"source": "outside"}


def test_the_graph_leaves_out_the_pipelines_own_events():
    pipeline = Pipeline([processor(ignore, "__PHASE__", "__POISON__", "a")])
    assert [node.key for node in pipeline.graph().nodes] == ["sample", ("event", "Event", "a")]


def test_the_processors_of_a_graph_have_the_names_of_reports():
    pipeline = Pipeline([Count(), Count()])
    names = [node.key for node in pipeline.graph().nodes if node.kind == "processor"]
    assert names == list(pipeline.snapshot().nodes) == ["Count", "Count-2"]
