"""What processors want: inherited, decorated and declared interests, strict or not."""

import functools

import pytest
from cells import run_cell

from framework import source
from framework.core.event import Event
from framework.core.matching.interests import Interest, interests_of
from framework.core.processor import AbstractProcessor
from framework.errors import InterestError


class Tick(Event):
    pass


class Base(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event("base"):
                pass


def test_an_inherited_process_works():
    class Child(Base):
        pass

    assert interests_of(Child(), strict=True).pairs == (("Event", "base"),)


def test_super_adds_what_the_parent_wants():
    class Child(Base):
        def process(self, context, event):
            match event:
                case Event("child"):
                    pass
            super().process(context, event)

    assert interests_of(Child(), strict=True).pairs == (("Event", "child"), ("Event", "base"))


def test_super_follows_the_order_of_the_instance_not_of_the_defining_class():
    class Left(Base):
        def process(self, context, event):
            match event:
                case Event("left"):
                    pass
            super().process(context, event)

    class Right(Base):
        def process(self, context, event):
            match event:
                case Event("right"):
                    pass
            Base.process(self, context, event)

    class Both(Left, Right):
        pass

    assert interests_of(Both(), strict=True).pairs == (("Event", "left"), ("Event", "right"), ("Event", "base"))
    assert interests_of(Left(), strict=True).pairs == (("Event", "left"), ("Event", "base"))


def test_a_parent_that_takes_anything_makes_the_child_generic():
    class Everything(AbstractProcessor):
        def process(self, context, event):
            context.submit(event)

    class Child(Everything):
        def process(self, context, event):
            match event:
                case Event("child"):
                    pass
            super().process(context, event)

    assert interests_of(Child(), strict=False).generic


def test_calling_the_abstract_process_adds_nothing():
    class Child(AbstractProcessor):
        def process(self, context, event):
            super().process(context, event)
            match event:
                case Event("child"):
                    pass

    assert interests_of(Child(), strict=False).pairs == (("Event", "child"),)


def test_a_decorated_process_works():
    def logged(function):
        @functools.wraps(function)
        def wrapper(*args):
            return function(*args)

        return wrapper

    class Decorated(AbstractProcessor):
        @logged
        @logged
        def process(self, context, event):
            match event:
                case Event("a"):
                    pass

    assert interests_of(Decorated(), strict=True).pairs == (("Event", "a"),)


def test_the_interests_of_an_async_process_are_read_as_those_of_any_other():
    class Sleeper(AbstractProcessor):
        async def process(self, context, event):
            match event:
                case Event("a"):
                    pass

    assert interests_of(Sleeper(), strict=True).pairs == (("Event", "a"),)


def test_generic_interests_count_unless_strict():
    class Mixed(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event("a"):
                    pass
                case _:
                    pass

    loose, strict = interests_of(Mixed(), strict=False), interests_of(Mixed(), strict=True)
    assert loose.generic
    assert (None, None) in loose.pairs
    assert not strict.generic
    assert strict.pairs == (("Event", "a"),)


def test_strict_without_recognisable_interests_leaves_nothing():
    class Blind(AbstractProcessor):
        def process(self, context, event):
            context.submit(event)

    assert len(interests_of(Blind(), strict=True)) == 0
    assert str(interests_of(Blind(), strict=True)) == "nothing"


def test_a_declaration_wins():
    class Declared(AbstractProcessor):
        interests = ((Tick, "a"), ("Later", None), ("Keyed", "built", "pair"))

        def process(self, context, event):
            match event:
                case Event("ignored"):
                    pass

    interests = interests_of(Declared(), strict=True)
    assert interests.pairs == (("Tick", "a"), ("Later", None), ("Keyed", "built"))
    assert list(interests)[2] == Interest("Keyed", "built", "pair")
    assert interests.declared
    assert str(interests) == "Tick 'a', Later, Keyed 'built'"


def test_an_instance_may_declare_its_own():
    processor = Base()
    processor.interests = [(Event, "mine")]
    assert interests_of(processor, strict=True).pairs == (("Event", "mine"),)


@pytest.mark.parametrize("declared", ["start", Event, 3, [Event], [("Event", 3)], [(int, "a")], [("a", "b", "c", "d")]])
def test_a_declaration_that_makes_no_sense_is_refused(declared):
    class Wrong(AbstractProcessor):
        interests = declared

        def process(self, context, event):
            pass

    with pytest.raises(InterestError, match=r"Wrong\.interests .*: declare pairs of an event class and a name"):
        interests_of(Wrong(), strict=False)


def test_without_source_the_error_names_the_place_and_the_remedy():
    namespace = {"AbstractProcessor": AbstractProcessor, "Event": Event}
    code = (
        "class Hidden(AbstractProcessor):\n  def process(self, context, event):\n    match event:\n      case _: pass"
    )
    exec(code, namespace)
    with pytest.raises(InterestError, match=r"Hidden\.process \(<string>, line 2\).*declare interests = "):
        interests_of(namespace["Hidden"](), strict=False)


def test_without_source_a_declaration_is_enough():
    namespace = {"AbstractProcessor": AbstractProcessor, "Event": Event}
    exec(
        "class Hidden(AbstractProcessor):\n interests = [(Event, 'a')]\n def process(self, context, event): pass",
        namespace,
    )
    assert interests_of(namespace["Hidden"](), strict=True).pairs == (("Event", "a"),)


def test_a_thousand_instances_of_a_class_parse_once(monkeypatch):
    class Many(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event("a"):
                    pass

    asked = []
    monkeypatch.setattr(
        "framework.core.matching.match_reader.source_of", lambda obj: asked.append(obj) or source.source_of(obj)
    )
    for _ in range(1000):
        interests_of(Many(), strict=False)
    assert len(asked) == 1


def test_a_function_that_gets_other_code_is_read_again():
    text = "class P(AbstractProcessor):\n def process(self, context, event):\n  match event:\n   case Event('{}'): pass"
    old, new = run_cell(text.format("old"))["P"], run_cell(text.format("new"))["P"]
    assert interests_of(old, strict=True).pairs == (("Event", "old"),)
    old.process.__code__ = new.process.__code__
    assert interests_of(old, strict=True).pairs == (("Event", "new"),)


def test_a_constant_of_the_instance_leaves_the_name_open():
    class Configured(AbstractProcessor):
        wanted = "class value, which an instance may replace"

        def process(self, context, event):
            match event:
                case Event(name=self.wanted):
                    pass

    assert interests_of(Configured(), strict=True).pairs == (("Event", None),)


def test_a_method_with_more_parameters_gets_the_event_after_the_context():
    class Extended(AbstractProcessor):
        def process(self, context, message, extra=None):
            match extra:
                case Tick("extra"):
                    pass
            match message:
                case Event("a"):
                    pass

    assert interests_of(Extended, strict=True).pairs == (("Event", "a"),)


def test_a_static_process_has_no_self():
    class Static(AbstractProcessor):
        @staticmethod
        def process(context, event):
            match event:
                case Event("a"):
                    pass

    assert interests_of(Static(), strict=True).pairs == (("Event", "a"),)


def test_a_process_that_calls_itself_is_read_once():
    class Again(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event("twice"):
                    Again.process(self, context, Event("once"))
                    Again.process(self, context, event)
                case Event("once"):
                    pass

    assert interests_of(Again(), strict=True).pairs == (("Event", "twice"), ("Event", "once"))


def test_a_process_of_something_else_adds_nothing():
    class Delegating(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event("mine"):
                    self.other.process(context, event)
                    self.make().process(context, event)

    assert interests_of(Delegating(), strict=True).pairs == (("Event", "mine"),)


def test_super_works_in_a_function_that_was_given_to_the_class():
    def process(self, context, event):
        match event:
            case Event("given"):
                pass
        super(Child, self).process(context, event)

    class Child(Base):
        pass

    Child.process = process
    assert interests_of(Child(), strict=True).pairs == (("Event", "given"), ("Event", "base"))


def test_an_object_that_is_called_as_process_receives_everything():
    class Callable:
        def __call__(self, context, event):
            pass

    class Calling(AbstractProcessor):
        process = Callable()

    assert interests_of(Calling(), strict=False).generic


def test_a_declaration_may_leave_the_class_open():
    class Open(AbstractProcessor):
        interests = ((None, "start"), (None, None))

        def process(self, context, event):
            pass

    assert str(interests_of(Open(), strict=True)) == "anything named 'start', everything"
