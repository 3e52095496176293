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
    assert (found.receives, found.reason, found.where) == (
        "depends",
        f"depends on the guard `context.config` at {where}",
        where,
    )


def test_a_guarded_case_before_the_one_that_is_certain_is_told():
    found = row(Event("start", who="x"), Greeter())
    first, second = line_of("if who"), line_of('"start" | "greet"')
    assert found.receives == "yes"
    assert found.reason == f"case at {second}, unless the guard `who` at {first} lets it in before"
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


class Parcel(Event):
    pass


class Express(Parcel):
    pass


class Weigh(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Express(name="weighed"):
                pass
            case Parcel(name="sent", kilos=float(kilos)) if kilos < 30:
                pass


def test_receivers_come_first_then_near_misses_and_the_others_are_one_line():
    class Misspelt(AbstractProcessor):
        interests = ((Event, "greeet"),)

        def process(self, context, event):
            match event:
                case Event(name="greeet"):
                    pass

    others = [Weigh(name=f"Weigh{number}") for number in range(7)]
    explanation = explained(Event("greet", who="x"), *others, Misspelt(), Greeter(), Everything())
    first, second = line_of('"start" | "greet"'), row(Event("a"), Everything()).where
    assert [found.processor for found in explanation][:3] == ["Greeter", "Everything", "Misspelt"]
    assert len(explanation) == 10
    lines = str(explanation).splitlines()
    assert lines[0] == "Event(name='greet', who='x')"
    assert lines[1].split() == ["processor", "receives", "reason", "where"]
    assert lines[2].split("  ")[0] == "Greeter"
    assert lines[2].endswith(f"case at {first}"), "the place is not told twice"
    assert lines[3].split()[-1] == second
    assert "did you mean 'greeet'?" in lines[4]
    assert lines[5:] == ["7 others do not take it: Weigh0, Weigh1, Weigh2, Weigh3, Weigh4 and 2 more"]


def test_where_no_processor_is_near_the_first_few_say_why():
    explanation = explained(Event("unlike"), *(Weigh(name=f"Weigh{number}") for number in range(5)))
    assert [found.processor for found in explanation.shown] == ["Weigh0", "Weigh1", "Weigh2"]
    assert explanation.rest == "2 others do not take it: Weigh3, Weigh4"


def test_a_long_reason_wraps_within_a_hundred_characters():
    class Wordy(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="greet", who=who) if who in {"Ada", "Grace", "Barbara", "Frances"} and len(who) < 10:
                    pass

    text = str(explained(Event("greet", who="x"), Wordy()))
    assert max(map(len, text.splitlines())) <= 100
    assert "and len(who) < 10" in " ".join(text.split())


def test_a_subclass_is_taken_as_its_base():
    where = line_of("case Parcel(name=")
    taken = row(Express("sent", kilos=2.0), Weigh())
    assert taken.reason == f"depends on the guard `kilos < 30` at {where}, as its base Parcel"


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (Event("weighed"), "is an Event, not an Express"),
        (Parcel("sent", kilos=3), "falls through: kilos=3 is an int, not a float"),
        (Parcel("sent", kilo=3.0), "falls through: has no attribute 'kilos', but 'kilo'"),
        (Parcel("send", kilos=3.0), "name='send' is not 'sent': did you mean 'sent'?"),
        (Parcel("SENT", kilos=3.0), "name='SENT' is not 'sent': did you mean 'sent'?"),
    ],
)
def test_a_near_miss_says_what_was_meant(event, reason):
    found = row(event, Weigh())
    assert (found.receives, found.near, found.reason) == ("no", True, reason)


@pytest.mark.parametrize("event", [Event("unlike"), Parcel("unlike"), Tick("a")])
def test_another_event_is_no_near_miss(event):
    assert not row(event, Weigh()).near


def test_names_that_differ_in_a_number_are_two_names():
    class Second(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="step2"):
                    pass

    found = row(Event("step1"), Second())
    assert (found.near, found.reason) == (False, "name='step1' is not 'step2'")


def test_the_nearest_pattern_is_the_one_of_which_most_fits():
    class Two(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="other"):
                    pass
                case Event(amount=1, currency="EUR", name="paid"):
                    pass

    assert row(Event("paid", amount=2, currency="EUR"), Two()).reason == "falls through: amount=2 is not 1"
