"""What a history keeps of values: themselves where they cannot change, else a bounded description."""

import datetime as dt
import enum
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.observe.recording.frozen import (
    ValueDescription,
    described,
    event_text,
    frozen,
    frozen_attributes,
    type_of,
)


class Colour(enum.Enum):
    RED = 1


class Hostile:
    def __repr__(self):
        raise RuntimeError("no repr")

    @property
    def shape(self):
        raise RuntimeError("no shape")


class Plain:
    def __init__(self, value):
        self.value = value


@pytest.mark.parametrize(
    "value", [1, 2.5, "text", b"x", None, True, dt.date(2026, 1, 1), Decimal("1.5"), Colour.RED, (1, "a")]
)
def test_a_value_that_cannot_change_is_kept_itself(value):
    assert frozen(value) is value


@pytest.mark.parametrize(
    "value", [[1], {"a": 1}, {1}, bytearray(b"x"), np.arange(3), pd.DataFrame({"a": [1]}), Plain(1), ([],)]
)
def test_a_value_that_can_change_is_described(value):
    assert isinstance(frozen(value), ValueDescription)


@given(st.recursive(st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_a_description_is_bounded_whatever_the_value(value):
    assert len(described([value] * 50).text) < 40_000


@pytest.mark.parametrize(
    ("value", "change"),
    [
        ([1, 2], lambda value: value.append(3)),
        ({"a": 1}, lambda value: value.update(a=2)),
        (np.arange(1000), lambda value: value.__setitem__(0, 7)),
        (np.arange(1000), lambda value: value.__setitem__(-1, 7)),
        (Plain(1), lambda value: setattr(value, "value", 2)),
        (list(range(100)), lambda value: value.__setitem__(70, 0)),
        ([{"a": number} for number in range(20)], lambda value: value[15].update(a=0)),
        ({number: number for number in range(100)}, lambda value: value.update({70: 0})),
        (bytearray(5000), lambda value: value.__setitem__(4000, 1)),
        (np.arange(1000), lambda value: value.__setitem__(500, 7)),
        (np.zeros((100, 1000)), lambda value: value.fill(1)),
        (np.array(["a", None], dtype=object), lambda value: value.__setitem__(1, "b")),
        (pd.DataFrame({"a": range(100)}), lambda value: value.__setitem__("b", 1)),
        (pd.DataFrame({"a": range(100)}), lambda value: value.__setitem__("a", value["a"] * 2)),
        (pd.DataFrame({"a": ["x"] * 100}), lambda value: value.loc.__setitem__((50, "a"), "y")),
        (pd.Series([1.0, None]), lambda value: value.__setitem__(1, 0.0)),
    ],
)
def test_a_change_shows_in_the_description(value, change):
    before = described(value)
    change(value)
    assert described(value) != before


def test_no_repr_of_a_user_is_called():
    assert described([Hostile()]).text == "<list that raised RuntimeError>"
    assert "Plain" in described(Plain(Plain(1))).text


def test_a_large_text_is_described():
    assert frozen("x" * 10_000).text.endswith("(10000)")


def test_attributes_are_a_copy():
    attributes = {"name": "a", "value": 1}
    kept = frozen_attributes(attributes)
    attributes["value"] = 2
    assert kept == {"name": "a", "value": 1}
    assert event_text("Event", kept) == "Event('a', value=1)"


@pytest.mark.parametrize("value", [[1, 2], {"a": 1}, {1}, "x" * 9999, b"x" * 9999])
def test_a_description_knows_the_size_and_the_type(value):
    description = described(value)
    assert (description.size, description.kind) == (value.__sizeof__(), type(value))
    assert type_of(description) is type(value)


def test_an_array_has_the_size_of_its_data_and_an_object_none():
    assert described(np.zeros(10)).size == 80
    assert described(Plain(1)).size == 0


def test_a_kept_value_has_its_type():
    assert (type_of(3), type_of(None)) == (int, type(None))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([1, [2]], "[1, [2]]"),
        ((1, []), "(1, [])"),
        ({"a": [1]}, "{'a': [1]}"),
        ([0, 1, 2, 3, 4, 5], "[0, 1, 2, 3, 4, 5]"),
        ([0, 1, 2, 3, 4, 5, 6], "[0, 1, 2, 3, 4, 5, ... (7)]"),
        ([[[[1]]]], "[[[[...] (1)]]]"),
        (Plain([1]), "Plain(value=[1])"),
        (["x" * 80, "x" * 81], f"['{'x' * 80}', '{'x' * 80}'... (81)]"),
    ],
)
def test_a_description_shows_the_first_items_and_levels(value, text):
    assert described(value).text == text


def test_a_value_of_a_tuple_that_is_large_is_described():
    assert isinstance(frozen(("x" * 4097,)), ValueDescription)
    assert frozen(("x" * 4096,)) == ("x" * 4096,)
    assert isinstance(frozen((1,) * 7), ValueDescription)
    assert frozen((1,) * 6) == (1,) * 6


def test_attributes_with_one_large_value_are_frozen_and_the_others_kept():
    kept = frozen_attributes({"name": "a", "text": "x" * 4097, "n": 1})
    assert isinstance(kept["text"], ValueDescription)
    assert (kept["name"], kept["n"]) == ("a", 1)


def test_an_event_without_a_name_or_attributes_is_told():
    assert event_text("Event", {}) == "Event()"
    assert event_text("Event", {"n": 1}) == "Event(n=1)"


def test_arrays_of_objects_and_frames_are_described_without_their_bytes():
    assert described(np.array([object()])).text == "<ndarray (1,) object>"
    assert described(pd.Series([1])).text == "<Series (1,) int64>"


def test_a_number_that_has_no_repr_is_described_as_such():
    assert event_text("Event", {"n": 10**5000}) == "Event(n=<int whose repr raised ValueError>)"
    assert described([10**5000]).text == "[<int whose repr raised ValueError>]"
