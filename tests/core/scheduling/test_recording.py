"""The history of a pipeline: what it keeps of each delivery, on threads, in simulation and step by step."""

import gc
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framework.core import AbstractProcessor, Event, Pipeline, caching
from framework.core.matching.cases import cases_of
from framework.errors import OptionError, UnsafeSubmit
from framework.observe import Recorder
from framework.reactive import ReactiveBuilder


class Order(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="order", amount=int(amount)):
                context.submit(Event("bill", amount=2 * amount))


class Bill(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.seen = []

    def process(self, context, event):
        match event:
            case Event(name="bill", amount=amount):
                self.seen.append(event)
                if amount > 100:
                    raise ValueError("too much")


@pytest.fixture(params=["threads", "seed", "observed", "steps"])
def run(request):
    """Run a pipeline that keeps a history, in each of the ways that deliveries are made."""

    def runs(processors, *events):
        pipeline = Pipeline(processors, history=True, on_error="keep", seed=1 if request.param == "seed" else None)
        if request.param == "observed":
            pipeline.observe(lambda _: None)
        for event in events:
            pipeline.submit(event)
        if request.param == "steps":
            while not getattr(pipeline.deliver(phases=True), "settled", False):
                pass
        pipeline.run()
        return pipeline

    return runs


def lines(rows):
    return [repr(row) for row in rows]


def test_events_and_deliveries_are_kept_with_what_came_of_them(run):
    history = run([Order(), Bill()], Event("order", amount=1), Event("order", amount=60)).history
    assert lines(history.events("bill")) == [
        "Event('bill', amount=2) from Order to Bill",
        "Event('bill', amount=120) from Order to Bill",
    ]
    assert sorted(lines(history.deliveries())) == [
        "Bill emitted 0 on Event('bill', amount=2)",
        "Bill raised ValueError on Event('bill', amount=120)",
        "Order emitted 1 on Event('order', amount=1)",
        "Order emitted 1 on Event('order', amount=60)",
    ]


def test_the_case_that_took_an_event_is_kept(run):
    history = run([Order()], Event("order", amount=1), Event("order", amount="one")).history
    first, second = history.deliveries("Order")
    [case] = cases_of(Order().process)
    assert (first.case, second.case) == (case.where, False)


def test_the_lineage_of_an_event_goes_back_to_the_outside(run):
    bill = Bill()
    pipeline = run([Order(), bill], Event("order", amount=1), Event("order", amount=2))
    assert lines(pipeline.history.lineage(bill.seen[1])) == [
        "Event('bill', amount=4) from Order to Bill",
        "Event('order', amount=2) from outside to Order",
    ]
    assert pipeline.history.lineage(Event("order", amount=7)) == []


def test_deliveries_that_fall_through_are_dead_letters_of_the_report(run):
    pipeline = run([Order()], Event("order", amount="one"), Event("order", amount="two"), Event("lost"))
    assert pipeline.report.dead_letters == 3
    assert sorted((row.name, row.count, row.reason) for row in pipeline.report.dead_letters) == [
        ("lost", 1, "no processor receives it"),
        ("order", 2, "no case of Order takes it"),
    ]
    assert pipeline.history.dead_letters == 3


def test_a_recorder_alone_has_fall_throughs_counted_in_the_report():
    recorder, pipeline = Recorder(), Pipeline([Order()])
    pipeline.observe(recorder)
    pipeline.submit(Event("order", amount="one"))
    assert pipeline.run().dead_letters == len(recorder.dead_letters) == 1


def test_an_event_that_one_recipient_changes_is_told_apart(run):
    class Changing(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="order", notes=notes):
                    notes.append("seen")
                    event.amount = 5

    class Reading(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="order"):
                    pass

    history = run([Changing(), Reading()], Event("order", amount=1, notes=[])).history
    assert set(history.deliveries("Changing")[0].changed) == {"amount", "notes"}
    [submission] = history.events("order")
    assert (submission.attributes["amount"], str(submission.attributes["notes"].text)) == (1, "[]")


def test_a_value_that_is_changed_before_it_is_delivered_is_told_apart(run):
    class Sending(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="order"):
                    rows = [1]
                    context.submit(Event("bill", amount=1, rows=rows))
                    rows.append(2)

    [bill] = run([Sending(), Bill()], Event("order")).history.deliveries("Bill")
    assert (bill.came_changed, bill.changed) == (("rows",), ())


def test_an_id_that_is_used_again_is_no_change(run):
    class Twice(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="order", amount=amount):
                    context.submit(Event("both", amount=amount))
                case Event(name="both", amount=amount):
                    context.submit(Event("bill", amount=amount))

    orders = [Event("order", amount=number) for number in range(50)]
    history = run([Twice(), Twice(name="Other"), Bill()], *orders).history
    assert [delivery for delivery in history.deliveries() if delivery.changed or delivery.came_changed] == []


def test_replayed_deliveries_are_told_from_computed_ones(run, tmp_path):
    class Cached(AbstractProcessor):
        @caching
        def process(self, context, event):
            match event:
                case Event(name="order", amount=amount):
                    context.submit(Event("bill", amount=amount))

    history = run([Cached(), Bill()], Event("order", amount=1), Event("order", amount=1)).history
    assert [delivery.replayed for delivery in history.deliveries("Cached")] == [False, True]


def test_replayed_builds_are_told_from_computed_ones(tmp_path):
    class Numbers(ReactiveBuilder):
        def __init__(self):
            super().__init__(provides="number", requires=[])

        def build(self, context):
            yield from range(3)

    class Squares(ReactiveBuilder):
        def __init__(self):
            super().__init__(provides="square", requires=["number"], persist=True)

        def build(self, context, number):
            yield number * number

    replayed = []
    for _ in range(2):
        pipeline = Pipeline([Numbers(), Squares()], history=True, workspace=tmp_path / "results")
        assert pipeline.compute("square") == [0, 1, 4]
        replayed.append(len(pipeline.history.deliveries("Squares", replayed=True)))
    assert replayed == [0, 3]


def test_the_frame_has_a_row_for_each_submission_and_delivery(run):
    frame = run([Order(), Bill()], Event("order", amount=60)).history.frame()
    assert frame["what"].tolist() == ["submitted", "submitted", "delivered", "failed"]
    assert frame["emitted"].dropna().tolist() == [1, 0]


def test_a_history_is_bounded_and_says_what_it_dropped():
    pipeline = Pipeline([Order(), Bill()], history=100_000)
    for amount in range(2_000):
        pipeline.submit(Event("order", amount=amount % 50))
    pipeline.run()
    kept = len(pipeline.history)
    assert kept < 1_500
    assert kept + pipeline.history.dropped == 8_000
    assert "older rows dropped" in repr(pipeline.history)


def test_large_values_are_not_kept_alive():
    class Large:
        alive = 0

        def __init__(self):
            Large.alive += 1

        def __del__(self):
            Large.alive -= 1

    pipeline = Pipeline([Order()], history=True)
    pipeline.submit(Event("order", amount=1, large=Large()))
    pipeline.run()
    gc.collect()
    assert Large.alive == 0
    assert "<Large>" in repr(pipeline.history.events("order"))


def test_a_context_that_is_kept_refuses_after_its_delivery():
    kept = []

    class Keeping(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="order"):
                    kept.append(context)

    pipeline = Pipeline([Keeping()], history=True)
    pipeline.submit(Event("order"))
    pipeline.submit(Event("order"))
    pipeline.run()
    assert len({id(context) for context in kept}) == 2
    for context in kept:
        with pytest.raises(UnsafeSubmit):
            context.submit(Event("late"))


def test_a_hold_has_the_event_as_its_cause(run):
    class Later(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="order"):
                    hold = context.hold()

                    def submit():
                        with hold:
                            hold.submit(Event("bill", amount=1))

                    threading.Thread(target=submit).start()

    history = run([Later(), Bill()], Event("order")).history
    [bill] = history.events("bill")
    assert bill.cause.name == "order"


def test_a_failure_keeps_what_led_to_it(run):
    report = run([Order(), Bill()], *(Event("order", amount=amount) for amount in (60, 70))).report
    for failure, amount in zip(report.failures, (60, 70), strict=True):
        bill, order = failure.causes
        assert (bill.name, bill.sender, order.name, order.sender) == ("bill", "Order", "order", None)
        assert order.attributes["amount"] == amount


def test_without_a_history_a_failure_knows_no_causes():
    pipeline = Pipeline([Bill()], history=False, on_error="keep")
    pipeline.submit(Event("bill", amount=200))
    assert pipeline.run().failures[0].causes == ()


def test_without_a_history_the_error_says_how_to_get_one():
    pipeline = Pipeline([Order()], history=False)
    with pytest.raises(OptionError, match=r"history=True"):
        _ = pipeline.history


def test_a_bound_that_is_no_size_is_refused():
    with pytest.raises(OptionError, match="history must be positive"):
        Pipeline([Order()], history=-1)


@given(st.lists(st.integers(0, 3), max_size=30), st.integers(1, 4))
@settings(max_examples=30)
def test_every_delivery_of_any_cascade_is_kept_once_with_its_cause(depths, workers):
    class Cascade(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="go", left=left) if left:
                    context.submit(Event("go", left=left - 1))

    pipeline = Pipeline([Cascade(name=f"C{number}") for number in range(2)], max_workers=workers, history=True)
    for depth in depths:
        pipeline.submit(Event("go", left=depth))
    report = pipeline.run()
    history = pipeline.history
    assert len(history.deliveries()) == sum(report.delivered.values())
    for sent in history.events("go"):
        assert sent.cause is None or sent.cause.attributes["left"] == sent.attributes["left"] + 1
        assert (sent.cause is None) == (sent.sender is None)
