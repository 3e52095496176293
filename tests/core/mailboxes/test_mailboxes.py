import threading
import time

import pytest
from samples import Gate, ignore, processor, run

from framework.core import AbstractProcessor, Event, Pipeline
from framework.core.mailboxes.inbox import Inbox


def test_events_from_outside_arrive_in_their_order():
    seen = []
    run(processor(lambda _, event: seen.append(event.n), "n"), events=[Event("n", n=n) for n in range(5000)])
    assert seen == list(range(5000))


def test_events_of_one_sender_arrive_in_their_order_among_those_of_others():
    seen = []

    def send(context, event):
        for n in range(500):
            context.submit(Event("n", sender=context.processor, n=n))

    senders = [processor(send, "go", name=f"sender-{number}") for number in range(4)]
    run(*senders, processor(lambda _, event: seen.append((event.sender, event.n)), "n"), events=[Event("go")])
    for sender in senders:
        assert [n for name, n in seen if name == sender.name] == list(range(500))


def test_at_most_one_delivery_of_a_processor_is_in_flight():
    class Alone(AbstractProcessor):
        interests = [(Event, "n")]  # noqa: RUF012

        def __init__(self):
            super().__init__()
            self.inside = self.most = 0

        def process(self, context, event):
            self.inside += 1
            self.most = max(self.most, self.inside)
            time.sleep(0)  # offers the interpreter to other threads in the middle
            self.inside -= 1

    def send(context, event):
        for _ in range(300):
            context.submit(Event("n"))

    alone = Alone()
    run(*[processor(send, "go", name=f"sender-{number}") for number in range(6)], alone, events=[Event("go")])
    assert alone.most == 1


def test_processors_work_at_the_same_time():
    together = threading.Barrier(4)
    meet = [processor(lambda *_: together.wait(20), "go", name=f"p{number}") for number in range(4)]
    assert not run(*meet, events=[Event("go")]).failures


def test_no_more_threads_work_than_max_workers():
    names = set()

    def note(context, event):
        names.add(threading.current_thread().name)

    run(*[processor(note, "go") for _ in range(20)], events=[Event("go")] * 20, max_workers=3, name="narrow")
    assert names <= {"narrow-0", "narrow-1", "narrow-2"}


def test_threads_are_daemons_named_after_the_pipeline_and_start_when_they_are_needed():
    started = []

    def note(context, event):
        mine = [thread for thread in threading.enumerate() if thread.name.startswith("lazy-")]
        started.append([(thread.name, thread.daemon) for thread in mine if "driver" not in thread.name])

    run(processor(note, "go"), *[processor(ignore, "other") for _ in range(7)], events=[Event("go")], name="lazy")
    assert started == [[("lazy-0", True)]]


def test_the_lower_priority_runs_first():
    order = []
    late = processor(lambda *_: order.append("late"), "go", priority=2)
    early = processor(lambda *_: order.append("early"), "go", priority=-1)
    run(late, early, events=[Event("go")], max_workers=1)
    assert order == ["early", "late"]


def test_priorities_are_looked_at_again_after_every_event():
    order = []

    def low(context, event):
        order.append(("low", event.n))
        if event.n % 3 == 0:
            context.submit(Event("high", n=event.n))

    low_one = processor(low, "low", priority=5)
    high_one = processor(lambda _, event: order.append(("high", event.n)), "high", priority=1)
    run(low_one, high_one, events=[Event("low", n=n) for n in range(9)], max_workers=1)
    assert order == [step for n in range(9) for step in ([("low", n), ("high", n)] if n % 3 == 0 else [("low", n)])]


def test_an_urgent_event_overtakes_a_backlog_while_all_workers_are_busy():
    order, gate = [], Gate()

    def low(context, event):
        if event.n == 0:
            gate()
        order.append("low")

    pipeline = Pipeline(
        [processor(low, "low", priority=1), processor(lambda *_: order.append("high"), "high", priority=0)],
        max_workers=1,
    )
    for n in range(100):
        pipeline.submit(Event("low", n=n))
    running = pipeline.start()
    gate.met()
    pipeline.submit(Event("high"))
    gate.open()
    running.wait()
    assert order.index("high") == 1


def test_mailboxes_of_one_priority_take_turns():
    order = []
    both = [processor(lambda c, _: order.append(c.processor), "go", name=name) for name in "ab"]
    run(*both, events=[Event("go")] * 5000, max_workers=1)
    assert order.index("b") < 5000


def test_control_events_arrive_before_anything_that_they_cause():
    first = []

    def cause(context, event):
        if event.name == "__PHASE__" and event.phase == 1:
            context.submit(Event("caused"))

    for _ in range(50):
        seen = []
        record = processor(lambda _, event, seen=seen: seen.append(event.name), "__PHASE__", "caused")
        run(processor(cause, "__PHASE__", priority=-1), record)
        first.append(seen[0])
    assert set(first) == {"__PHASE__"}


def test_events_submitted_from_many_threads_all_arrive():
    seen = []
    pipeline = Pipeline([processor(lambda _, event: seen.append(event.n), "n")])

    def send(start):
        for n in range(start, start + 500):
            pipeline.submit(Event("n", n=n))

    threads = [threading.Thread(target=send, args=(500 * number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pipeline.run()
    assert sorted(seen) == list(range(2000))


def test_each_event_reaches_all_who_want_it_once():
    sums = [[] for _ in range(10)]
    everybody = [processor(lambda _, event, own=own: own.append(event.n), "n") for own in sums]
    run(*everybody, events=[Event("n", n=n) for n in range(200)])
    assert all(own == list(range(200)) for own in sums)


def test_an_empty_inbox_is_true_and_says_how_much_waits():
    inbox = Inbox("mine", 0, processor(ignore, "a"))
    assert inbox
    assert repr(inbox) == "<Inbox mine: 0 waiting>"


def test_the_view_of_an_inbox_shows_what_waits_and_takes_nothing():
    pipeline = Pipeline([processor(ignore, "n")])
    for n in range(3):
        pipeline.submit(Event("n", n=n))
    view = pipeline.inbox("sample")
    assert ([event.n for event in view], len(view), pipeline.snapshot().waiting) == ([0, 1, 2], 3, 3)


def test_a_thread_is_not_left_behind_by_a_run():
    run(*[processor(ignore, "go") for _ in range(4)], events=[Event("go")] * 100, name="tidy")
    for thread in threading.enumerate():
        if thread.name.startswith("tidy-"):
            thread.join(10)
            assert not thread.is_alive()


def test_where_the_system_has_no_more_threads_those_that_there_are_do_the_work(monkeypatch):
    start = threading.Thread.start

    def scarce(thread):
        if thread.name.startswith("poor-") and thread.name not in {"poor-driver", "poor-0"}:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", scarce)
    report = run(*[processor(ignore, "go") for _ in range(6)], events=[Event("go")] * 50, name="poor", deadline=20)
    assert sum(report.delivered.values()) == 300


def test_where_the_system_has_no_thread_at_all_the_run_says_so(monkeypatch):
    start = threading.Thread.start

    def none(thread):
        if thread.name == "bare-0":
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", none)
    pipeline = Pipeline([processor(ignore, "go")], name="bare")
    pipeline.submit(Event("go"))
    with pytest.raises(RuntimeError, match="can't start new thread"):
        pipeline.step()
    monkeypatch.undo()
    pipeline.close()
