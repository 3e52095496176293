import gc
import threading

import pytest
from samples import PATIENCE, Gate, ignore, processor, run

from framework.core import Event, Pipeline
from framework.errors import NotAnEvent, PipelineEnded

modes = pytest.mark.parametrize("options", [{}, {"max_workers": 1}, {"seed": 1}], ids=["threads", "one thread", "seed"])


def elsewhere(work, *args):
    threading.Thread(target=work, args=args, daemon=True).start()


@modes
def test_what_a_hold_submits_from_another_thread_is_delivered_in_the_phase(options):
    seen = []

    def work(hold):
        with hold:
            hold.submit(Event("done", n=1))

    waiting = processor(lambda context, _: elsewhere(work, context.hold()), "go")
    watching = processor(lambda context, event: seen.append((event.name, context.phase)), "done", "__POISON__")
    run(waiting, watching, events=[Event("go")], **options)
    assert seen == [("done", 1), ("__POISON__", 1)]


@modes
def test_what_a_hold_submits_is_delivered_while_it_is_still_open(options):
    delivered = threading.Event()

    def work(hold):
        with hold:
            hold.submit(Event("done"))
            assert delivered.wait(PATIENCE)

    waiting = processor(lambda context, _: elsewhere(work, context.hold()), "go")
    report = run(waiting, processor(lambda *_: delivered.set(), "done"), events=[Event("go")], deadline=20, **options)
    assert report.delivered["sample-2"] == 1


@modes
def test_a_phase_waits_for_an_open_hold(options):
    gate, order = Gate(), []

    def work(hold):
        gate()
        order.append("released")
        hold.release()

    waiting = processor(lambda context, _: elsewhere(work, context.hold()), "go")
    pipeline = Pipeline([waiting, processor(lambda *_: order.append("phase"), "__PHASE__")], **options)
    pipeline.submit(Event("go"))
    running = pipeline.start()
    gate.met()
    gate.open()
    running.wait()
    assert order == ["released", "phase"]


def test_an_open_hold_is_named_with_its_age():
    gate = Gate()

    def work(hold):
        gate()
        hold.release()

    pipeline = Pipeline([processor(lambda context, _: elsewhere(work, context.hold()), "go", name="Fetch")])
    pipeline.submit(Event("go"))
    running = pipeline.start()
    gate.met()
    text = pipeline.why_waiting()
    gate.open()
    running.wait()
    assert "Fetch holds the phase open since 0." in text


def test_releasing_twice_is_harmless():
    def twice(context, event):
        hold = context.hold()
        hold.release()
        hold.release()

    assert not run(processor(twice, "go"), events=[Event("go")]).failures


def test_a_released_hold_refuses_to_submit():
    def late(context, event):
        hold = context.hold()
        hold.release()
        hold.submit(Event("done"))

    report = run(processor(late, "go"), events=[Event("go")], on_error="keep")
    assert "this hold was released" in str(report.failures[0].exception)


def test_submit_returns_the_number_of_recipients():
    counts = []

    def go(context, event):
        with context.hold() as hold:
            counts.append(hold.submit(Event("done")))

    run(processor(go, "go"), processor(ignore, "done"), processor(ignore, "done"), events=[Event("go")])
    assert counts == [2]


def test_a_hold_submits_events_only():
    def go(context, event):
        with context.hold() as hold:
            hold.submit("done")

    assert isinstance(run(processor(go, "go"), events=[Event("go")], on_error="keep").failures[0].exception, NotAnEvent)


@modes
def test_a_leaked_hold_is_logged_and_released(caplog, options):
    run(processor(lambda context, _: context.hold() and None, "go", name="Careless"), events=[Event("go")], **options)
    assert "Careless leaked a hold" in caplog.text


@modes
def test_a_leaked_hold_in_a_reference_cycle_is_found(caplog, options):
    class Box:
        pass

    def leak(context, event):
        box = Box()
        box.itself, box.hold = box, context.hold()

    gc.disable()  # nothing else finds it
    try:
        run(processor(leak, "go", name="Careless"), events=[Event("go")], deadline=20, **options)
    finally:
        gc.enable()
    assert "Careless leaked a hold" in caplog.text


@modes
def test_the_holds_of_a_failed_delivery_are_released(caplog, options):
    def fail(context, event):
        hold = context.hold()
        raise ValueError(hold)

    report = run(processor(fail, "go", name="Careless"), events=[Event("go")], on_error="keep", deadline=20, **options)
    assert len(report.failures) == 1
    assert "Careless leaked a hold" in caplog.text


def test_a_hold_of_an_earlier_delivery_stays_open_when_a_later_one_fails():
    gate, seen, holds = Gate(), [], []

    def work(hold):
        gate()
        with hold:
            hold.submit(Event("done"))

    def go(context, event):
        if holds:
            raise ValueError
        holds.append(context.hold())
        elsewhere(work, holds[0])

    pipeline = Pipeline([processor(go, "go"), processor(lambda *_: seen.append(1), "done")], on_error="keep")
    pipeline.submit(Event("go"))
    pipeline.submit(Event("go"))
    running = pipeline.start()
    gate.met()
    gate.open()
    running.wait()
    assert seen == [1]


def test_a_hold_that_was_open_when_the_run_was_stopped_is_void():
    gate, refused = Gate(), []
    ended = threading.Event()

    def work(hold):
        gate()
        try:
            hold.submit(Event("done"))
        except PipelineEnded as error:
            refused.append(str(error))
        ended.set()

    pipeline = Pipeline([processor(lambda context, _: elsewhere(work, context.hold()), "go")])
    pipeline.submit(Event("go"))
    running = pipeline.start()
    gate.met()
    running.stop()
    running.wait()
    gate.open()
    assert ended.wait(PATIENCE)
    assert "this hold is void, because the run was stopped" in refused[0]


def test_a_hold_of_a_stopped_run_stays_void_while_a_hook_holds():
    old, refused = [], []

    def go(context, event):
        if event.name == "go":
            old.append(context.hold())
        else:
            with context.hold(), pytest.raises(PipelineEnded):
                old[0].submit(Event("go"))
            refused.append(True)

    pipeline = Pipeline([processor(go, "go", "__POISON__")])
    pipeline.submit(Event("go"))
    assert pipeline.deliver() is not None
    pipeline.stop()
    assert refused == [True]


def test_a_hold_taken_in_a_hook_delays_the_end():
    seen = []

    def hook(context, event):
        elsewhere(work, context.hold())

    def work(hold):
        with hold:
            hold.submit(Event("flushed"))

    run(processor(hook, "__POISON__"), processor(lambda *_: seen.append(1), "flushed"))
    assert seen == [1]


def test_many_holds_from_many_threads_lose_nothing():
    seen = []

    def work(hold, n):
        with hold:
            hold.submit(Event("done", n=n))

    waiting = processor(lambda context, event: elsewhere(work, context.hold(), event.n), "go")
    events = [Event("go", n=n) for n in range(200)]
    run(waiting, processor(lambda _, event: seen.append(event.n), "done"), events=events)
    assert sorted(seen) == list(range(200))


def test_a_released_hold_refuses_to_defer():
    def late(context, event):
        hold = context.hold()
        hold.release()
        hold._defer(Event("later"))

    report = run(processor(late, "go"), events=[Event("go")], on_error="keep")
    assert "this hold was released: defer before release()" in str(report.failures[0].exception)
