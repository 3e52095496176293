"""Short texts about values and errors: whatever those do when asked, only Ctrl-C gets through."""

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.core import Event
from framework.observe.text import REPR_LENGTH, error_line, message_of, short_repr

TELL = pytest.mark.parametrize("tell", [error_line, message_of, short_repr, lambda value: short_repr([value])])


class Rude(Exception):
    """Raises something when it is asked for its text."""

    def __init__(self, raised):
        self.raised = raised

    def __repr__(self):
        raise self.raised

    __str__ = __repr__


@TELL
@pytest.mark.parametrize("raised", [ValueError, SystemExit, GeneratorExit])
def test_a_value_that_raises_when_asked_for_its_text_is_told_of_anyway(tell, raised):
    assert raised.__name__ in tell(Rude(raised()))


@TELL
def test_an_interrupt_while_a_value_is_asked_for_its_text_gets_through(tell):
    with pytest.raises(KeyboardInterrupt):
        tell(Rude(KeyboardInterrupt()))


def test_numbers_too_long_to_write_out_are_told_of_anyway():
    assert "whose repr raised ValueError" in short_repr({10**5000: 1})


plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
nested = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(plain, inner)
        | st.frozensets(st.integers())
        | st.sets(st.integers())
        | st.builds(deque, st.lists(inner), st.none() | st.integers(0, 9))
    ),
)


@given(nested, st.integers(10, 300))
def test_a_short_repr_is_the_repr_as_far_as_there_is_room(value, limit):
    whole = repr(value)
    short = short_repr(value, limit)
    assert short == whole if len(whole) <= limit else (len(short) == limit and short.endswith("..."))


def test_a_container_in_itself_is_shown_once():
    names, rows = {}, []
    names["self"] = names
    rows.append(rows)
    assert (short_repr(names), short_repr(rows)) == (repr(names), repr(rows))


def test_strings_of_a_set_are_shown_in_their_order():
    assert short_repr({"b", "c", "a"}) == "{'a', 'b', 'c'}"


def test_a_long_value_is_cut():
    assert len(short_repr("x" * 10_000_000)) <= REPR_LENGTH
    assert len(short_repr(Event(name="x", text="y" * 10_000))) <= REPR_LENGTH


def test_of_a_huge_container_only_the_first_items_are_looked_at():
    class Item:
        looks = 0

        def __repr__(self):
            Item.looks += 1
            return "item"

    short_repr([[Item() for _ in range(100)] for _ in range(1_000)])

    assert 0 < Item.looks < 100


def test_a_value_that_is_nested_too_deeply_is_told_of_anyway():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    assert short_repr(deep, 5_000)


def test_a_class_without_a_hash_is_told_of():
    class Unhashable(type):
        __hash__ = None

    assert "thing" in short_repr(Unhashable("thing", (), {})())
