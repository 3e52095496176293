import enum

from framework.core.event import Event
from framework.core.matching.emissions import InferredEmission, infer_emissions
from framework.core.processor import AbstractProcessor

GREET = "greet"


class Names(enum.StrEnum):
    STOP = "stop"


class Tick(Event):
    name = "tick"

    def __init__(self, count):
        self.count = count


class Renamed(Event):
    def __init__(self, value, name="renamed"):
        super().__init__(name)
        self.value = value


def emitted(*classes):
    """Classes and names of what these processors submit."""
    return [(emission.class_name, emission.name) for cls in classes for emission in infer_emissions(cls)]


def test_names_are_read_from_keywords_positions_and_constants():
    class P(AbstractProcessor):
        out = "mine"

        def process(self, context, event):
            context.submit(Event(self.out))
            context.submit(Event(name="start", who=event.who))
            context.submit(Event("go"))
            context.submit(Event(GREET))
            context.submit(Event(name=Names.STOP))

    assert [name for _, name in emitted(P)] == ["mine", "start", "go", "greet", "stop"]


def test_a_name_that_only_running_tells_is_open():
    class P(AbstractProcessor):
        def process(self, context, event):
            context.submit(Event(f"{event.name}-done"))
            context.submit(Event(**event.options))
            context.submit(Event(name=event.name))

    assert {name for _, name in emitted(P)} == {None}


def test_event_classes_that_set_their_name_are_understood():
    class P(AbstractProcessor):
        def process(self, context, event):
            context.submit(Tick(3))
            context.submit(Renamed(3))
            context.submit(Renamed(3, "other"))

    assert emitted(P) == [("Tick", "tick"), ("Renamed", None), ("Renamed", "other")]


def test_anything_may_stand_before_submit_and_the_line_is_told():
    class P(AbstractProcessor):
        def process(self, context, event):
            submit = context.submit
            with context.hold() as hold:
                hold.submit(Event("a"))
            submit(Event("b"))
            self.parts[0].submit(Event("c"))

    first = P.process.__code__.co_firstlineno
    expected = (
        InferredEmission("Event", "a", first + 3),
        InferredEmission("Event", "b", first + 4),
        InferredEmission("Event", "c", first + 5),
    )
    assert infer_emissions(P) == expected


def test_variables_conditions_and_nested_functions_are_looked_through():
    class P(AbstractProcessor):
        def process(self, context, event):
            made = Event("variable")
            context.submit(made)
            typed: Event = Event("annotated")
            context.submit(typed)
            if walrus := Event("walrus"):
                context.submit(walrus)
            context.submit(kept := Event("on the spot"))
            self.kept = kept
            context.submit(Event("yes") if event.ok else Tick(0))

            def later():
                context.submit(Event("nested"))

            later()

    names = ["variable", "annotated", "walrus", "on the spot", "yes", "tick", "nested"]
    assert [name for _, name in emitted(P)] == names


def test_other_things_that_are_submitted_do_not_count():
    class P(AbstractProcessor):
        def process(self, context, event):
            self.executor.submit(print, 1)
            self.executor.submit(str(event))
            context.submit(event)
            context.submit()
            context.submit(self.kept)
            context.submit(not_there_yet(event))  # noqa: F821 - reading it is not running it

    assert emitted(P) == []


def test_own_and_inherited_methods_count():
    class Base(AbstractProcessor):
        def process(self, context, event):
            context.submit(Event("base"))

        def helper(self, context):
            context.submit(Event("helper"))

    class Replacing(Base):
        def process(self, context, event):
            context.submit(Event("child"))

    class Extending(Base):
        def process(self, context, event):
            super().process(context, event)
            context.submit(Event("child"))

    assert emitted(Replacing) == [("Event", "child"), ("Event", "helper")]
    assert emitted(Extending) == [("Event", "child"), ("Event", "base"), ("Event", "helper")]


def test_a_class_without_source_emits_nothing_that_is_known():
    namespace = {"AbstractProcessor": AbstractProcessor, "Event": Event, "__name__": "nowhere"}
    exec("class P(AbstractProcessor):\n def process(self, context, event): context.submit(Event('a'))", namespace)
    assert infer_emissions(namespace["P"]) == ()
