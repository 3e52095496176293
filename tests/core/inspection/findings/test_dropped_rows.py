"""Findings of runs whose history dropped rows: they neither fall silent nor call a healthy run odd."""

import sys
import time

import pytest
from wage_builders import Tax, Wages

from framework.core import AbstractProcessor, Event, Pipeline, caching
from framework.errors import PhaseLimitReached
from framework.reactive import ReactiveBuilder, ReactiveEvent

MANY, TINY = 3000, 1


class Ticks(AbstractProcessor):
    """Fills the history: one event after another."""

    def process(self, context, event):
        match event:
            case Event(name="tick", left=left) if left:
                context.submit(Event("tick", left=left - 1))


def findings_of(processors, *events, **options):
    """The findings of a run whose history keeps the last few hundred rows, most of which are ticks at the end."""
    options.setdefault("max_workers", 1)
    pipeline = Pipeline([*processors, Ticks()], history=TINY, on_error="keep", **options)
    pipeline.submit_all(events)
    while not pipeline.step().settled:
        pass
    pipeline.submit(Event("tick", left=MANY))
    report = pipeline.run()
    assert pipeline.history.dropped > MANY
    return report.findings


class Polls(AbstractProcessor):
    def __init__(self):
        super().__init__(priority=-1)

    def process(self, context, event):
        match event:
            case Event(name="poll", left=left) if left:
                context.submit(Event("poll", left=left - 1))


class Last(AbstractProcessor):
    def __init__(self):
        super().__init__(priority=5)

    def process(self, context, event):
        match event:
            case Event(name="last"):
                pass


def test_a_starved_processor_is_found_by_the_counts_of_its_mailbox():
    pipeline = Pipeline([Polls(), Last()], history=TINY, max_workers=1)
    pipeline.submit_all([Event("last"), Event("poll", left=10**9)])
    run = pipeline.start()
    while pipeline.snapshot().nodes["Polls"].done < MANY or not pipeline.history.dropped:
        pass
    [finding] = pipeline.diagnose()
    assert (finding.kind, finding.processor, finding.count) == ("starved processor", "Last", 1)
    run.stop()
    report = run.wait()
    [finding] = report.findings
    assert (
        f"Polls (priority -1, {finding.text.partition('priority -1, ')[2].partition(')')[0]}) was delivered"
        in finding.text
    )
    assert (finding.kind, finding.processor, finding.count) == ("starved processor", "Last", 1)


def test_a_processor_that_got_its_events_in_dropped_rows_is_not_starved():
    assert list(findings_of([Last()], *(Event("last") for _ in range(500)))) == []


class Empty(ReactiveBuilder):
    def __init__(self, yields=0):
        super().__init__(provides="word", requires=["line"])
        self.yields = yields

    def build(self, context, line):
        for _ in range(self.yields):
            yield line


class Reader(ReactiveBuilder):
    def __init__(self):
        super().__init__(provides="text", requires=["word"])

    def build(self, context, word):
        yield word


def built(builder):
    lines = (ReactiveEvent("built", "line", artifact=number) for number in range(5))
    return findings_of([builder, Reader()], ReactiveEvent("resolve", "text"), *lines)


def test_a_builder_without_artifacts_is_found_by_its_counts():
    assert [(one.kind, one.processor, one.count) for one in built(Empty())] == [
        ("builder without artifacts", "Empty", 5)
    ]


def test_a_builder_whose_artifacts_were_dropped_is_not_empty():
    assert not [one for one in built(Empty(yields=1)) if one.kind == "builder without artifacts"]


class Guarded(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="order", amount=amount) if amount > 100:
                context.submit(Event("tick", left=0))


def test_a_guard_that_was_true_in_dropped_rows_is_no_finding():
    amounts = [200, *[1] * 50]
    pipeline = Pipeline([Guarded(), Ticks()], history=TINY, max_workers=1)
    pipeline.submit(Event("order", amount=amounts[0]))
    while not pipeline.step().settled:
        pass
    pipeline.submit(Event("tick", left=MANY))
    while not pipeline.step().settled:
        pass
    pipeline.submit_all(Event("order", amount=amount) for amount in amounts[1:])
    assert not [one for one in pipeline.run().findings if one.kind == "guard that is never true"]


class Generic(AbstractProcessor):
    def process(self, context, event):
        self.seen = event.name


class Billing(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="order"):
                pass


def test_a_name_that_was_sent_in_dropped_rows_was_sent():
    pipeline = Pipeline([Generic(), Billing(), Ticks()], history=TINY, max_workers=1)
    pipeline.submit(Event("order"))
    while not pipeline.step().settled:
        pass
    pipeline.submit(Event("tick", left=MANY))
    while not pipeline.step().settled:
        pass
    pipeline.submit(Event("orders"))  # received by Generic alone, and not a misspelt "order", which was sent
    assert list(pipeline.run().findings) == []


def test_an_event_that_only_a_generic_processor_receives_is_told_although_its_row_was_dropped():
    [finding] = findings_of([Generic(), Billing()], Event("ordre"))
    assert finding.kind == "unheard event"
    assert "'ordre'" in finding.text


class Counting(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.seen = 0

    @caching
    def process(self, context, event):
        match event:
            case Event(name="document"):
                self.seen += 1
                context.submit(Event("tick", left=0 * self.seen))


def test_replays_are_counted_although_their_rows_were_dropped(tmp_path):
    for _ in range(2):
        pipeline = Pipeline([Counting(), Ticks()], history=TINY, workspace=tmp_path, max_workers=1)
        pipeline.submit(Event("document"))
        while not pipeline.step().settled:
            pass
        pipeline.submit(Event("tick", left=MANY))
        findings = pipeline.run().findings
    assert [(one.kind, one.count) for one in findings if one.kind == "kept results that depend on state"] == [
        ("kept results that depend on state", 1)
    ]
    assert "1 delivery replayed" in findings[0].text


class Changing(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="order"):
                event.amount += 1  # planted


def test_a_change_is_found_although_its_row_was_dropped():
    findings = findings_of([Changing(), Billing()], *(Event("order", amount=number) for number in range(3)))
    assert [(one.kind, one.processor, one.count) for one in findings] == [("changed event", "Changing", 3)]


class Sender(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="begin"):
                context.submit(Event("bil", amount=3))


class Bill(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="bill", amount=amount):
                self.amount = amount


def test_the_sender_of_an_event_without_recipients_is_known_although_its_row_was_dropped():
    [finding] = findings_of([Sender(), Bill()], Event("begin"))
    assert (finding.kind, finding.processor) == ("unheard event", "Sender")


def test_a_target_that_was_announced_in_dropped_rows_is_provided():
    events = (ReactiveEvent("built", "wage", artifact=3), ReactiveEvent("resolve", "tax"))
    assert not [one for one in findings_of([Wages(), Tax()], *events) if "without a provider" in one.kind]


class Titles(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="person", person=person):
                try:
                    context.submit(Event("tick", left=len(person["title"])))
                except KeyError:  # planted
                    return


@pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring came with Python 3.12")
def test_an_exception_that_was_swallowed_in_a_dropped_row_is_found_beside_deliveries_that_emitted_in_others():
    people = [{"title": ""}, {}, {"title": ""}, {}]
    findings = findings_of([Titles()], *(Event("person", person=person) for person in people))
    assert [(one.kind, one.processor, one.count) for one in findings] == [("swallowed exception", "Titles", 2)]


class Tolerant(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="person", person=person):
                try:
                    title = person["title"]
                except KeyError as error:
                    title = str(error)
                context.submit(Event("tick", left=0 * len(title)))


def test_an_exception_that_was_handled_in_a_dropped_row_is_no_finding():
    people = [{"title": ""}, {}, {"title": ""}, {}]
    assert list(findings_of([Tolerant()], *(Event("person", person=person) for person in people))) == []


class Dated(AbstractProcessor):
    @caching
    def process(self, context, event):
        match event:
            case Event(name="document"):
                context.submit(Event("tick", left=0 * int(time.time())))


def test_stale_results_are_all_counted_although_their_rows_were_dropped(tmp_path):
    documents = [Event("document", number=number) for number in range(10)]
    assert list(findings_of([Dated()], *documents, workspace=tmp_path)) == []
    [finding] = findings_of([Dated()], *documents, workspace=tmp_path)
    assert (finding.kind, finding.processor, finding.count) == ("stale results", "Dated", 10)
    assert "replayed 10 results that depend on the clock" in finding.text


class Stops(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="train", number=number):
                if number in {"1", "2"}:  # planted: other sources send numbers
                    context.submit(Event("tick", left=0))


def test_a_type_on_which_a_processor_is_silent_is_found_in_the_rows_that_are_left():
    pipeline = Pipeline([Stops(), Ticks()], history=TINY, max_workers=1)
    pipeline.submit_all([Event("train", number="1"), Event("train", number=1)])
    while not pipeline.step().settled:
        pass
    pipeline.submit(Event("tick", left=MANY))
    while not pipeline.step().settled:
        pass
    pipeline.submit_all(Event("train", number=number) for number in ("1", "2", 2, "1"))
    [finding] = pipeline.run().findings
    assert (finding.kind, finding.processor, finding.count) == ("silent delivery", "Stops", 1)
    assert "of those that the history still has" in finding.text
    assert "'number' is int instead of str" in finding.text


@pytest.mark.parametrize("limit", [7, 9])
def test_phases_without_end_are_found_in_the_rows_that_are_left(limit):
    class Again(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="__PHASE__"):
                    context.submit(Event("tick", left=600))

    pipeline = Pipeline([Again(), Ticks()], history=TINY, max_workers=1, max_phases=limit)
    with pytest.raises(PhaseLimitReached):
        pipeline.run()
    assert pipeline.history.dropped
    assert "Again answers each __PHASE__" in pipeline.report.findings[0].text


def test_a_delivery_is_never_given_the_submission_of_another_event():
    pipeline = Pipeline([Ticks()], history=TINY, max_workers=1)
    pipeline.submit_all([Event("tick", left=0), Event("tick", left=MANY)])
    pipeline.run()
    left = [one.submission.attributes["left"] for one in pipeline.history.deliveries("Ticks") if one.submission]
    assert left == list(range(left[0], -1, -1))
    assert len(left) > 1
