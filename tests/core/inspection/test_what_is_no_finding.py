"""Findings about targets and kept results, beside what is like them and healthy."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import numpy as np
import pytest

from framework.core import AbstractProcessor, Event, Pipeline
from framework.observe.recording.history import History
from framework.reactive import ReactiveBuilder

TARGETS = "required target without a provider"


class Builder(ReactiveBuilder):
    def __init__(self, provides, *requires):
        super().__init__(provides=provides, requires=list(requires), name=f"{provides} from {requires}")

    def build(self, context, *artifacts):
        yield artifacts


def kinds(*builders):
    return [finding.kind for finding in Pipeline(builders, history=True).diagnose()]


def test_a_required_target_beside_an_unused_one_of_nearly_its_name_is_told_before_the_run():
    [finding] = Pipeline([Builder("wages"), Builder("tax", "wage")], history=True).diagnose()
    assert finding.kind == TARGETS
    assert finding.processor == "tax from ('wage',)"
    assert "requires 'wage', which no builder provides" in finding.text
    assert "wages from () provides 'wages', which no builder requires: did you mean that" in finding.text


def test_a_target_of_nearly_the_name_that_is_used_is_not_meant():
    assert TARGETS not in kinds(Builder("wages"), Builder("tax", "wage"), Builder("sum", "wages"))


def test_a_target_that_is_provided_is_not_told_although_another_has_nearly_its_name():
    assert TARGETS not in kinds(Builder("wages"), Builder("wage"), Builder("tax", "wage"))


def test_a_processor_that_keeps_no_results_may_keep_state():
    class Counting(AbstractProcessor):
        def __init__(self):
            super().__init__()
            self.count = 0

        def process(self, context, event):
            match event:
                case Event(name="order"):
                    self.count += 1
                    context.submit(Event("bill", amount=self.count))

    class Bill(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="bill"):
                    pass

    pipeline = Pipeline([Counting(), Bill()], history=True)
    pipeline.submit_all([Event("order"), Event("order")])
    assert list(pipeline.run().findings) == []


class Narrow(AbstractProcessor):
    """What comes first takes less than what follows, an event is finished before its submit, or made anew."""

    def process(self, context, event):
        match event:
            case Event(name="order", amount=int(amount), urgent=True):
                first = Event("bill", amount=0)
                first.amount = amount
                context.submit(first)
            case Event(name="order", amount=int(amount)) if amount > 10:
                for number in range(2):
                    part = Event("bill", amount=0)
                    part.amount = number
                    context.submit(part)
            case Event(name="order", amount=amount):
                bill = Event("bill", amount=amount)
                if amount:
                    context.submit(bill)
                else:
                    bill.amount = 1
                    context.submit(bill)


class Bills(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="bill", amount=amount):
                self.last = amount


def test_cases_that_narrow_and_events_that_are_finished_before_their_submit_are_no_findings():
    pipeline = Pipeline([Narrow(), Bills()], history=True)
    pipeline.submit_all(
        Event("order", amount=amount, urgent=urgent) for amount in (0, 5, 20) for urgent in (True, False)
    )
    assert list(pipeline.run().findings) == []


class Pool(AbstractProcessor):
    """Changes what it has submitted to something that is no pipeline."""

    def process(self, context, event):
        match event:
            case Event(name="order"):
                with ThreadPoolExecutor(1) as executor:
                    work = lambda: context.submit(Event("bill", amount=1))  # noqa: E731 - something with attributes
                    executor.submit(work)
                    work.tried = True


class Asleep(AbstractProcessor):
    """Changes what it has submitted in a case that no event came to."""

    def process(self, context, event):
        match event:
            case Event(name="order"):
                context.submit(Event("bill", amount=1))
            case Event(name="never"):
                bill = Event("bill", amount=0)
                context.submit(bill)
                bill.amount = 1


class Either(AbstractProcessor):
    """Submits in one branch, changes in the other."""

    def process(self, context, event):
        match event:
            case Event(name="order", amount=amount):
                bill = Event("bill", amount=0)
                if amount:
                    context.submit(bill)
                if not amount:
                    bill.amount = 1
                    context.submit(bill)


class Once(AbstractProcessor):
    """Leaves the loop behind the submit."""

    def process(self, context, event):
        match event:
            case Event(name="order"):
                bill = Event("bill", amount=0)
                while True:
                    bill.amount = 1
                    context.submit(bill)
                    break


@pytest.mark.parametrize("cls", [Pool, Asleep, Either, Once])
def test_an_event_that_cannot_change_behind_its_submit_is_no_finding(cls):
    pipeline = Pipeline([cls(), Bills()], history=True)
    pipeline.submit_all(Event("order", amount=amount) for amount in (0, 5))
    assert "changed after its submit" not in [finding.kind for finding in pipeline.run().findings]


class Sometimes(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="order", amount=amount):
                bill = Event("bill", amount=0)
                if amount:
                    context.submit(bill)
                bill.amount = 1


def test_an_event_that_one_branch_submits_and_the_way_on_changes_is_a_finding():
    pipeline = Pipeline([Sometimes(), Bills()], history=True)
    pipeline.submit_all(Event("order", amount=amount) for amount in (5, 5))
    [finding] = pipeline.run().findings
    assert finding.kind in {"changed after its submit", "changed event"}


class Price:
    pass


class Discount(Price):
    pass


class Full(Price):
    pass


class Shop(ReactiveBuilder):
    def __init__(self, name, artifact):
        super().__init__(provides="price", requires=[], name=name)
        self.artifact = artifact

    def build(self, context):
        yield self.artifact


class Total(ReactiveBuilder):
    def __init__(self):
        super().__init__(provides="total", requires=["price"])

    def build(self, context, price):
        yield price


def kinds_of_shops(one, other):
    pipeline = Pipeline([Shop("one", one), Shop("other", other), Total()], history=True)
    pipeline.resolve("total")
    return [finding.kind for finding in pipeline.run().findings]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1.5, np.float64(1.5)),
        (1, Decimal(1)),
        (Full(), Discount()),
        (Price(), Full()),
        (None, 1.5),
        ("a", np.str_("a")),
    ],
)
def test_two_kinds_of_one_thing_are_no_target_of_two_types(one, other):
    assert "target of two types" not in kinds_of_shops(one, other)


@pytest.mark.parametrize(("one", "other"), [(1.5, "1.5"), ([1], (1,)), (np.zeros(1), [0.0]), (Full(), 1.5)])
def test_a_target_of_two_types_is_a_finding(one, other):
    assert "target of two types" in kinds_of_shops(one, other)


def test_the_rows_of_a_history_are_not_read_at_the_end_of_a_run_that_asks_for_no_findings(monkeypatch):
    read = []
    monkeypatch.setattr(History, "_read", lambda history, kept=None: read.append(history) or iter(()))
    pipeline = Pipeline([Narrow(), Bills()], history=True)
    pipeline.submit_all(Event("order", amount=amount, urgent=True) for amount in range(100))
    pipeline.run()
    assert read == []
