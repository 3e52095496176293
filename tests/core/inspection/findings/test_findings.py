"""Findings: on planted bugs the first or second names the line, and a healthy run has none."""

import importlib.util
import logging
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wage_builders import Tax, Wages

from framework.core import AbstractProcessor, Event, Pipeline, caching
from framework.errors import PhaseLimitReached, WiringError
from framework.observe.findings import MOST_FINDINGS, Finding, Findings
from framework.reactive import ReactiveBuilder, make_rendezvous


class Order(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="order", amount=int(amount)):
                context.submit(Event("bill", amount=amount))


class Bill(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="bill", amount=amount):
                context.submit(Event("total", amount=amount))


class Total(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="total"):
                pass


def report_of(processors, *events, history=True, **options):
    pipeline = Pipeline(processors, history=history, on_error="keep", **options)
    for event in events:
        pipeline.submit(event)
    return pipeline.run()


def findings_of(processors, *events, **options):
    return report_of(processors, *events, **options).findings


def orders(*amounts):
    return [Event("order", amount=amount) for amount in amounts]


def line_of(text):
    """Where the first line of this file with that text stands."""
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    number = next(number for number, line in enumerate(lines, start=1) if text in line)
    return f"test_findings.py:{number}"


@pytest.mark.parametrize("history", [True, False])
def test_an_event_that_no_processor_receives_names_the_nearest_that_one_does(history):
    class Misspelling(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="order", amount=amount):
                    context.submit(Event("bil", amount=amount))

    [finding] = findings_of([Misspelling(), Bill(), Total()], *orders(1, 2, 3), history=history)
    assert finding.kind == "unheard event"
    assert finding.where == line_of('case Event(name="bill", amount=amount)')
    assert "3 events Event 'bil'" in finding.text
    assert "did you mean 'bill', which Bill receives" in finding.text
    assert (finding.processor == "Misspelling") is history


@pytest.mark.parametrize("history", [True, False])
def test_a_serious_finding_is_a_line_of_the_log(history, caplog):
    with caplog.at_level(logging.WARNING):
        report_of([Order(), Bill(), Total()], Event("ordr"), history=history)
    assert "no processor receives 1 event Event 'ordr'; did you mean 'order'" in caplog.text


def test_a_delivery_that_falls_through_names_the_pattern_and_what_kept_it_out():
    [finding] = findings_of([Order(), Bill(), Total()], *orders(1, "2", "3"))
    assert finding.kind == "delivery without a case"
    assert finding.where == line_of('case Event(name="order", amount=int(amount))')
    assert finding.count == 2
    assert "amount='2' is a str, not an int" in finding.text


def test_silent_deliveries_are_told_by_the_type_that_sets_them_apart():
    class Lenient(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="order", amount=amount):
                    if isinstance(amount, int):
                        context.submit(Event("bill", amount=amount + 1))

    [finding] = findings_of([Lenient(), Bill(), Total()], *orders(1, 2, None, 4, 5))
    assert finding.kind == "silent delivery"
    assert "'amount' is None instead of int" in finding.text
    assert finding.where == line_of('case Event(name="order", amount=amount):') or finding.where.startswith("test_find")


def test_a_filter_is_no_finding():
    class Filter(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="order", amount=amount):
                    if amount % 2:
                        context.submit(Event("bill", amount=amount))

    assert list(findings_of([Filter(), Bill(), Total()], *orders(*range(20)))) == []


def test_an_event_that_is_changed_while_others_receive_it_names_the_processor_and_line():
    class Discount(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="order"):
                    event.amount -= 1  # the planted bug

    [finding] = findings_of([Discount(), Order(), Bill(), Total()], *orders(5, 6))
    assert (finding.kind, finding.processor, finding.where) == (
        "changed event",
        "Discount",
        line_of("# the planted bug"),
    )
    assert "'amount' of 2 events 'order' that Order received as well" in finding.text


def test_failures_are_grouped_by_line_with_the_first_input():
    class Broken(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="order", amount=amount):
                    if amount > 2:
                        raise ValueError("too much")  # planted failure

    [finding] = findings_of([Broken()], *orders(1, 3, 4, 5))
    assert (finding.kind, finding.count, finding.where) == ("failure", 3, line_of("# planted failure"))
    assert "amount=3" in finding.examples[0]


def test_two_definitions_of_a_class_are_named_with_both_modules(tmp_path):
    path = tmp_path / "loans.py"
    path.write_text("from framework.core import Event\nclass Loan(Event):\n    pass\n")
    modules = []
    for name in ("loans", "package.loans"):
        spec = importlib.util.spec_from_file_location(name, path)
        modules.append(importlib.util.module_from_spec(spec))
        spec.loader.exec_module(modules[-1])
    Loan = modules[0].Loan  # noqa: N806 - a class

    class Lender(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Loan(name="loan"):
                    pass

    finding = findings_of([Lender()], modules[1].Loan("loan"))[0]
    assert finding.kind == "two definitions of a class"
    assert "package.loans" in finding.text
    assert "the Loan of loans" in finding.text


class Parcel(Event):
    pass


class Express(Parcel):
    pass


def test_an_event_that_two_processors_take_as_itself_and_as_its_base_is_told():
    class ByParcel(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Parcel(name="sent"):
                    pass

    class ByExpress(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Express(name="sent"):
                    pass

    [finding] = findings_of([ByParcel(), ByExpress()], Express("sent"), Parcel("sent"))
    assert (finding.kind, finding.processor) == ("handled twice", "ByParcel")
    assert finding.where == line_of('case Parcel(name="sent")')


def test_a_required_target_beside_a_provided_one_of_nearly_its_name_is_refused_before_the_run():
    pipeline = Pipeline([Wages(), Tax()], history=True, on_error="keep")
    pipeline.resolve("tax")
    with pytest.raises(WiringError, match=r"Tax requires 'wage'.*did you mean 'wages'"):
        pipeline.run()


def test_endless_phases_name_who_answers_and_what_alternates():
    class Endless(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="__PHASE__", phase=phase):
                    context.submit(Event("flip", state="on" if phase % 2 else "off"))
                case Event(name="flip"):
                    pass

    with pytest.raises(PhaseLimitReached) as caught:
        report_of([Endless()], max_phases=12)
    finding = caught.value.report.findings[0]
    assert finding.kind == "endless phases"
    assert "Endless answers each __PHASE__" in finding.text
    assert "'state' of event 'flip' alternates between" in finding.text
    assert finding.where == line_of('case Event(name="__PHASE__", phase=phase)')


def test_kept_results_that_depend_on_state_are_told(tmp_path):
    class Counting(AbstractProcessor):
        def __init__(self):
            super().__init__()
            self.count = 0

        @caching
        def process(self, context, event):
            match event:
                case Event(name="order"):
                    self.count += 1
                    context.submit(Event("bill", amount=self.count))

    for _ in range(2):
        findings = findings_of([Counting(), Bill(), Total()], *orders(1, 2), workspace=tmp_path / "results")
    [finding] = findings
    assert (finding.kind, finding.severity, finding.count) == ("kept results that depend on state", "serious", 2)
    assert "count" in finding.text


def test_a_counter_of_a_processor_that_keeps_results_is_no_finding(tmp_path):
    class Counted(AbstractProcessor):
        def __init__(self):
            super().__init__()
            self.handled = 0

        @caching
        def process(self, context, event):
            match event:
                case Event(name="order", amount=amount):
                    self.handled += 1
                    context.submit(Event("bill", amount=amount))

    for _ in range(2):
        findings = findings_of([Counted(), Bill(), Total()], *orders(1, 2), workspace=tmp_path / "results")
    assert list(findings) == []


class Numbers(ReactiveBuilder):
    def __init__(self, provides, values):
        super().__init__(provides=provides, requires=[])
        self.values = values

    def build(self, context):
        yield from self.values


def test_join_keys_that_never_meet_are_told_with_their_types():
    join = make_rendezvous("pair", ["left", "right"], lambda artifact: artifact)
    pipeline = Pipeline([Numbers("left", [1, 2]), Numbers("right", ["1", "2"]), *join], history=True)
    pipeline.resolve("pair")
    [finding] = pipeline.run().findings
    assert finding.kind == "unfinished"
    assert "'1'" in finding.text
    assert "int" in finding.text
    assert "str" in finding.text


def test_a_hung_pipeline_can_be_diagnosed_before_it_ends():
    pipeline = Pipeline([Order()], history=True)
    pipeline.submit(Event("ordr", amount=1))
    assert [finding.kind for finding in pipeline.diagnose()] == ["unheard event"]
    pipeline.close()


@given(st.lists(st.integers(0, 9), max_size=20), st.integers(1, 4), st.booleans())
@settings(max_examples=50)
def test_a_healthy_run_has_no_findings(amounts, workers, seeded):
    options = {"seed": 1} if seeded else {"max_workers": workers}
    assert list(findings_of([Order(), Bill(), Total()], *orders(*amounts), **options)) == []


def test_findings_are_ranked_folded_and_never_more_than_ten():
    many = [Finding("a", f"number {number}", count=number, severity="notable") for number in range(20)]
    ranked = Findings([*many, many[3], Finding("b", "serious")])
    assert len(ranked) == MOST_FINDINGS
    assert ranked[0].kind == "b"
    assert [finding.count for finding in ranked[1:3]] == [19, 18]
    assert repr(Findings()) == "no findings"
