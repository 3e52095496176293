from pathlib import Path

import pytest
from cells import run_cell

from framework.core.event import Event
from framework.core.inspection.explain import explain
from framework.core.mailboxes.inbox import Inbox
from framework.core.mailboxes.routing import RoutingTable
from framework.core.matching.interests import interests_of
from framework.core.processor import AbstractProcessor


class Tick(Event):
    pass


class Greeter(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="start", who=who) if who:
                pass
            case Event(name="start" | "greet", who=_):
                pass
            case Event(name="stop") if context.config:
                pass


class Everything(AbstractProcessor):
    def process(self, context, event):
        pass


class Wild(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Tick("a"):
                pass
            case _:
                pass


class Declared(AbstractProcessor):
    interests = ((Event, "start"), (Tick, None))

    def process(self, context, event):
        pass


def explained(event, *processors, strict=False):
    inboxes = [Inbox(processor.name, number, processor) for number, processor in enumerate(processors)]
    interests = {inbox: interests_of(inbox.processor, strict) for inbox in inboxes}
    routes = RoutingTable((inbox, tuple(wanted)) for inbox, wanted in interests.items())
    explanation = explain(event, interests, routes)
    assert routes.dead_letters.count == 0, "explaining is no submit"
    return explanation


def row(event, processor, *, strict=False):
    [only] = explained(event, processor, strict=strict)
    return only


def line_of(text):
    lines = Path(__file__).read_text().splitlines()
    return f"test_explain.py:{next(number for number, line in enumerate(lines, 1) if text in line)}"


def test_the_case_that_takes_the_event_is_named():
    found = row(Event("greet", who="x"), Greeter())
    where = line_of('"start" | "greet"')
    assert (found.processor, found.receives, found.reason, found.where) == ("Greeter", "yes", f"case at {where}", where)


def test_a_guard_is_named_and_not_executed():
    found = row(Event("stop"), Greeter())
    where = line_of('"stop") if')
    assert (found.receives, found.reason, found.where) == ("depends", f"depends on the guard at {where}", where)


def test_a_guarded_case_before_the_one_that_is_certain_is_told():
    found = row(Event("start", who="x"), Greeter())
    first, second = line_of("if who"), line_of('"start" | "greet"')
    assert found.receives == "yes"
    assert found.reason == f"case at {second}, unless the guard at {first} lets it in before"
    assert found.where == second


def test_an_event_that_is_routed_and_fits_no_case_falls_through():
    found = row(Event("start"), Greeter())
    assert (found.receives, found.reason) == ("no", "falls through: has no attribute 'who'")
    assert found.where == line_of("if who")


def test_an_event_that_is_not_routed_gets_the_nearest_miss():
    found = row(Event("other"), Greeter())
    assert (found.receives, found.reason) == ("no", "name='other' is none of 'start', 'greet', 'stop'")


def test_a_generic_processor_receives_everything():
    found = row(Event("a"), Everything())
    assert (found.receives, found.reason) == ("yes", "receives everything (generic)")
    assert found.where.startswith("test_explain.py:")


def test_strict_inference_is_named_where_it_keeps_an_event_out():
    assert row(Event("a"), Wild()).receives == "yes"
    found = row(Event("a"), Wild(), strict=True)
    where = line_of("case _:")
    assert (found.receives, found.reason) == ("no", f"not routed: strict inference leaves out the case at {where}")
    assert row(Event("a"), Everything(), strict=True).reason.startswith("not routed: no case names an event class")


@pytest.mark.parametrize(
    ("event", "receives", "reason"),
    [
        (Event("start"), "yes", "declared: Event 'start', Tick"),
        (Event("stop"), "no", "not routed: wants Event 'start', Tick"),
    ],
)
def test_declared_interests_are_quoted(event, receives, reason):
    found = row(event, Declared())
    assert (found.receives, found.reason) == (receives, reason)


def test_a_processor_without_source_is_explained_by_its_declaration():
    namespace = {"AbstractProcessor": AbstractProcessor}
    exec("class P(AbstractProcessor):\n interests=[('Event', 'a')]\n def process(self, c, e): pass", namespace)
    found = row(Event("b"), namespace["P"]())
    assert (found.receives, found.reason, found.where) == ("no", "not routed: wants Event 'a'", "")


def test_a_declaration_that_leaves_out_a_fitting_case_is_quoted():
    class Narrow(AbstractProcessor):
        interests = ((Event, "a"),)

        def process(self, context, event):
            match event:
                case Event("a" | "b"):
                    pass

    assert row(Event("b"), Narrow()).reason == "not routed: wants Event 'a'"


def test_places_in_cells_do_not_show_temporary_files():
    text = "class P(AbstractProcessor):\n def process(self, context, event):\n  match event:\n   case Event('a'): pass"
    found = row(Event("a"), run_cell(text)["P"]())
    assert (found.reason, found.where) == ("case at cell line 4", "cell line 4")


def test_the_text_is_a_table_under_the_event():
    explanation = explained(Event("greet", who="x"), Greeter(), Everything())
    first, second = line_of('"start" | "greet"'), row(Event("a"), Everything()).where
    assert len(explanation) == 2
    assert str(explanation).splitlines() == [
        "Event(name='greet', who='x')",
        "processor   receives  reason                         where",
        f"Greeter     yes       case at {first}     {first}",
        f"Everything  yes       receives everything (generic)  {second}",
    ]
