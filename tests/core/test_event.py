from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.core import Event

texts = st.text(max_size=20)
attribute_names = texts.filter(lambda text: text != "name")


def test_attributes_become_instance_attributes():
    event = Event(name="greet", who="world", times=2)
    assert (event.name, event.who, event.times) == ("greet", "world", 2)


def test_the_name_matches_by_position():
    match Event("start", n=1):
        case Event("start", n=number):
            assert number == 1
        case _:
            pytest.fail("the name did not match by position")


def test_self_and_other_parameter_names_are_free_for_attributes():
    event = Event("start", self=1, cls=2, attrs=3)
    assert (event.self, event.cls, event.attrs) == (1, 2, 3)


@given(texts, st.dictionaries(attribute_names, st.integers()))
def test_any_name_and_any_attributes_are_kept(name, attrs):
    assert vars(Event(name, **attrs)) == {"name": name, **attrs}


def test_a_name_that_is_no_string_is_refused_with_the_remedy():
    with pytest.raises(TypeError, match=r"name is a string, got int: Event\(name='start'"):
        Event(name=5)


def test_the_repr_is_the_call_that_would_make_it():
    assert repr(Event(name="greet", who="world")) == "Event(name='greet', who='world')"


def test_the_repr_shortens_long_values():
    assert len(repr(Event("big", text="x" * 100_000))) < 200


def test_the_repr_survives_a_value_whose_repr_raises():
    class Hostile:
        def __repr__(self):
            raise ValueError

    assert "Hostile whose repr raised ValueError" in repr(Event("e", value=Hostile()))


def test_the_repr_of_an_event_that_holds_itself_ends_there():
    event = Event("loop")
    event.itself, event.others = event, [event, event]
    assert repr(event) == "Event(name='loop', itself=..., others=[..., ...])"


def test_events_are_equal_only_to_themselves():
    assert Event("e", n=1) != Event("e", n=1)


def test_a_subclass_may_have_its_own_init():
    class Tick(Event):
        def __init__(self, number):
            super().__init__("tick", number=number)

    tick = Tick(3)
    assert (tick.name, tick.number, repr(tick)) == ("tick", 3, "Tick(name='tick', number=3)")


def test_a_subclass_without_a_name_has_none():
    class Bare(Event):
        def __init__(self):
            pass

    assert Bare().name is None


def test_a_dataclass_may_be_an_event():
    @dataclass
    class Measured(Event):
        value: float
        name: str = "measured"

    assert Measured(1.5).name == "measured"


def test_a_subclass_may_have_slots():
    class Slim(Event):
        __slots__ = ("value",)

        def __init__(self, value):
            self.value = value
            super().__init__("slim")

    assert (Slim(4).value, Slim(4).name) == (4, "slim")
