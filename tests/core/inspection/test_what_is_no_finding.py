"""Findings about targets and kept results, beside what is like them and healthy."""

from framework.core import AbstractProcessor, Event, Pipeline
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
