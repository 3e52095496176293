import enum
from collections.abc import Sized

import pytest
from cells import run_cell

from framework.core.event import Event
from framework.core.event import Event as Alias
from framework.core.matching.interests import infer_interests


class Tick(Event):
    pass


class Reading(Event):
    __match_args__ = ("value", "name")


class Names(enum.StrEnum):
    START = "start"


class Mixed(str, enum.Enum):  # noqa: UP042 - the older way to write it hashes differently
    STOP = "stop"


class Kinds:
    Tick = Tick
    GO = "go"
    COUNT = 3


def test_class_and_name_are_read_from_a_keyword():
    def process(self, context, event):
        match event:
            case Event(name="start"):
                pass

    assert infer_interests(process) == (("Event", "start"),)


def test_the_name_also_matches_by_position():
    def process(self, context, event):
        match event:
            case Event("start"):
                pass

    assert infer_interests(process) == (("Event", "start"),)


def test_a_position_is_that_of_the_class_that_is_matched():
    def process(self, context, event):
        match event:
            case Reading(3, "hot"):
                pass
            case Reading("cold"):
                pass

    assert infer_interests(process) == (("Reading", "hot"), ("Reading", None))


def test_without_a_name_every_event_of_the_class_is_wanted():
    def process(self, context, event):
        match event:
            case Tick(value=_):
                pass
            case Event(name=name):
                context.submit(name)

    assert infer_interests(process) == (("Tick", None), ("Event", None))


def test_or_patterns_captures_and_guards_are_looked_through():
    def process(self, context, event):
        match event:
            case Event("a") | Tick("b"):
                pass
            case (Event(name="c" | "d" as which) | Event(name="e" as which)) as whole if whole.ready:
                context.submit(which)

    expected = (("Event", "a"), ("Tick", "b"), ("Event", "c"), ("Event", "d"), ("Event", "e"))
    assert infer_interests(process) == expected


def test_dotted_classes_and_aliases_give_the_real_class_name():
    def process(self, context, event):
        match event:
            case Alias("a"):
                pass
            case Kinds.Tick("b"):
                pass

    assert infer_interests(process) == (("Event", "a"), ("Tick", "b"))


def test_an_alias_in_the_closure_gives_the_real_class_name():
    local = Tick

    def process(self, context, event):
        match event:
            case local("a"):
                pass

    assert infer_interests(process) == (("Tick", "a"),)


def test_an_alias_imported_in_the_function_gives_the_real_class_name():
    def process(self, context, event):
        from framework.core.event import Event as Inner

        match event:
            case Inner("a"):
                pass

    assert infer_interests(process) == (("Event", "a"),)


def test_a_class_that_is_not_there_yet_is_known_by_its_written_name():
    def process(self, context, event):
        match event:
            case Later("a"):  # noqa: F821 - defined by a cell that was not run
                pass

    assert infer_interests(process) == (("Later", "a"),)


def test_constants_behind_dotted_names_are_resolved():
    def process(self, context, event):
        match event:
            case Event(Names.START):
                pass
            case Event(name=Mixed.STOP | Kinds.GO):
                pass

    pairs = infer_interests(process)
    assert pairs == (("Event", "start"), ("Event", "stop"), ("Event", "go"))
    assert {type(name) for _, name in pairs} == {str}


def test_a_constant_that_is_no_string_leaves_the_name_open():
    def process(self, context, event):
        match event:
            case Event(Kinds.COUNT):
                pass

    assert infer_interests(process) == (("Event", None),)


def test_a_wildcard_wants_anything():
    def process(self, context, event):
        match event:
            case Event("a"):
                pass
            case _:
                pass

    assert infer_interests(process) == (("Event", "a"), (None, None))


@pytest.mark.parametrize("pattern", ["whole", "None", "3", "[first, *_]", "{'a': 1}", "object()", "Sized()"])
def test_patterns_that_name_no_event_class_want_anything(pattern):
    text = f"def process(self, context, event):\n match event:\n  case {pattern}: pass"
    assert infer_interests(run_cell(text, {"Sized": Sized})["process"]) == ((None, None),)


def test_every_match_on_the_event_counts_wherever_it_stands():  # noqa: C901 - that is the point
    def process(self, context, event):  # noqa: C901 - that is the point
        if self.ready:
            match event:
                case Event("if"):
                    pass
        try:
            with self.lock:
                match event:
                    case Event("with"):
                        pass
        except ValueError:
            match event:
                case Event("except"):
                    pass
        for _ in range(3):
            while True:
                match event:
                    case Event("while"):
                        pass
        match self.state:
            case "open":
                match event:
                    case Event("match"):
                        pass
        match event:
            case Event("last"):
                pass

    assert [name for _, name in infer_interests(process)] == ["if", "with", "except", "while", "match", "last"]


def test_nested_functions_classes_and_other_subjects_do_not_count():
    def process(self, context, event):
        def inner(event):
            match event:
                case Event("function"):
                    pass

        class Inner:
            match event:
                case Event("class"):
                    pass

        match self.state:
            case Event("other subject"):
                pass
        match event:
            case Event("own"):
                inner(Inner)

    assert infer_interests(process) == (("Event", "own"),)


def test_without_a_match_on_the_event_anything_is_wanted():
    def process(self, context, event):
        context.submit(event)

    assert infer_interests(process) == ((None, None),)


def test_the_event_is_the_last_parameter_of_a_plain_function():
    def handle(message):
        match message:
            case Event("a"):
                pass

    assert infer_interests(handle) == (("Event", "a"),)


def test_in_a_tuple_the_pattern_at_the_place_of_the_event_counts():
    def process(self, context, event):
        match event, self.state:
            case Event("a"), "open":
                pass
            case (Event("b"), "open") | (Tick("c"), "closed"):
                pass
            case [Event("d"), *_]:
                pass
            case _, "never":
                pass
        match [self.state, self.other, event]:
            case [*_, Event("e")]:
                pass
            case [_, Event("too short")]:
                pass

    expected = (("Event", "a"), ("Event", "b"), ("Tick", "c"), ("Event", "d"), (None, None), ("Event", "e"))
    assert infer_interests(process) == expected


def test_a_match_on_the_name_counts_for_every_event_of_that_name():
    def process(self, context, event):
        match event.name:
            case "a" | "b":
                pass
            case Names.START:
                pass

    assert infer_interests(process) == (("Event", "a"), ("Event", "b"), ("Event", "start"))


def test_a_match_on_another_attribute_says_nothing_about_what_is_wanted():
    def process(self, context, event):
        match event.kind:
            case "a":
                pass

    assert infer_interests(process) == ((None, None),)


def test_a_match_on_an_attribute_inside_a_case_only_refines_that_case():
    def process(self, context, event):
        match event:
            case Event("a"):
                match event.kind:
                    case "x":
                        pass

    assert infer_interests(process) == (("Event", "a"),)


def test_a_function_without_parameters_matches_no_event():
    def process(*received):
        match received[1]:
            case Event("a"):
                pass

    assert infer_interests(process) == ((None, None),)


def test_an_event_that_is_named_in_the_match_is_followed():
    def process(self, context, event):
        match same := event:
            case Event("a"):
                context.submit(same)

    assert infer_interests(process) == (("Event", "a"),)


def test_the_event_is_found_in_a_tuple_whatever_stands_beside_it():
    def process(self, context, event):
        match self.state, event:
            case ("on", Event("a")) as both:
                context.submit(both)
            case ("off", Event("b")) | (_, Event("c"), "never fits"):
                pass
            case (1 | _, Event("d")):
                pass

    assert infer_interests(process) == (("Event", "a"), ("Event", "b"), ("Event", "d"))


def test_a_tuple_that_is_not_taken_apart_lets_anything_in():
    def process(self, context, event):
        match self.state, event:
            case both:
                context.submit(both)

    assert infer_interests(process) == ((None, None),)


def test_modules_imported_in_the_function_are_followed():
    def process(self, context, event):
        import framework.core.event
        import framework.core.event as events

        match event:
            case framework.core.event.Event("a"):
                pass
            case events.Event("b"):
                pass

    assert infer_interests(process) == (("Event", "a"), ("Event", "b"))


def test_a_class_that_only_running_would_find_is_known_by_its_written_name():
    def make():
        def process(self, context, event):
            from not_imported import Elsewhere

            from framework.core.event import NotThere

            match event:
                case Kinds.Later("a"):
                    pass
                case Unassigned("b"):
                    pass
                case NotThere("c") | Elsewhere("d"):
                    pass

        found = infer_interests(process)
        Unassigned = Tick  # noqa: N806 - a class
        return found, Unassigned

    found, _ = make()
    assert found == (("Later", "a"), ("Unassigned", "b"), ("NotThere", "c"), ("Elsewhere", "d"))


def test_a_class_that_belongs_to_the_instance_leaves_everything_open():
    def process(self, context, event):
        match event:
            case self.kinds.Tick("a"):
                pass

    assert infer_interests(process) == ((None, None),)


def test_what_is_no_class_is_left_to_the_match_itself():
    either = Tick | Reading

    def process(self, context, event):
        match event:
            case either():
                pass

    assert infer_interests(process) == ((None, None),)
