"""Laws of the digest: equal exactly when type and value are equal."""

from __future__ import annotations

import copy
import json
import pickle
import random
from fractions import Fraction

import pytest
from digest_samples import NAN, PAIRS, Plain, Slotted
from hypothesis import given
from hypothesis import strategies as st

from framework.archive import digest


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS.keys())
def test_pairs_are_told_apart_exactly_when_type_or_value_differ(pair):
    left, right, equal = pair
    assert (digest(left) == digest(right)) is equal
    assert (digest([left, object]) == digest([right, object])) is equal


scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.complex_numbers() | st.text() | st.binary(max_size=9)
)


keys = st.none() | st.booleans() | st.integers() | st.text() | st.tuples(st.integers(), st.text())


values = st.recursive(
    scalars | st.decimals(allow_nan=False) | st.dates() | st.frozensets(keys, max_size=4),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(keys, inner, max_size=4)
        | st.builds(Plain, inner, inner)
        | st.builds(Slotted, inner)
    ),
    max_leaves=12,
)


@given(values)
def test_a_copy_and_a_pickled_copy_have_the_same_digest(value):
    assert digest(copy.deepcopy(value)) == digest(value)
    assert digest(pickle.loads(pickle.dumps(value))) == digest(value)


@given(st.dictionaries(keys, values, max_size=6), st.randoms())
def test_the_insertion_order_of_a_dict_does_not_count(mapping, rng: random.Random):
    items = list(mapping.items())
    rng.shuffle(items)
    assert digest(dict(items)) == digest(mapping)


@given(values)
def test_sharing_does_not_count(value):
    assert digest([value, value]) == digest([copy.deepcopy(value), value])


@given(values)
def test_a_value_differs_from_every_container_around_it(value):
    around = [value, [value], (value,), {"a": value}, [[value]], Slotted(value), Plain(value, 1)]
    assert len({digest(part) for part in around}) == len(around)


def told(value):
    """The value as text that is equal exactly when type and value are."""
    if isinstance(value, list | tuple):
        return f"{type(value).__name__}({','.join(map(told, value))})"
    if isinstance(value, dict):
        return f"dict({','.join(sorted(f'{told(k)}:{told(v)}' for k, v in value.items()))})"
    return f"{type(value).__name__}:{value!r}"


small = st.recursive(
    st.sampled_from([0, 1, True, False, 0.0, 1.0, -0.0, NAN, "", "1", b"1", None, 1j]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.lists(inner, max_size=2).map(tuple)
        | st.dictionaries(st.sampled_from(["a", 1, "1"]), inner, max_size=2)
    ),
    max_leaves=4,
)


@given(small, small)
def test_digests_are_equal_exactly_when_a_model_says_so(left, right):
    assert (digest(left) == digest(right)) is (told(left) == told(right))


@given(st.lists(small, max_size=4), st.lists(small, max_size=4))
def test_sequences_with_different_parts_differ(left, right):
    assert (digest(left) == digest(right)) is (told(left) == told(right))


def test_a_digest_is_32_hexadecimal_digits():
    assert len(digest("x")) == 32
    assert int(digest("x"), 16)


def test_cycles_have_a_digest_by_their_structure():
    def ring(*parts):
        values = [*parts]
        values.append(values)
        return values

    assert digest(ring(1)) == digest(ring(1))
    assert digest(ring(1)) != digest(ring(2))
    assert digest(ring(1)) != digest([1, ring(1)])


def test_objects_that_know_each_other_have_a_digest():
    left, right = Plain(1, None), Plain(2, None)
    left.b, right.b = right, left
    other, mate = Plain(1, None), Plain(2, None)
    other.b, mate.b = mate, other
    assert digest(left) == digest(other) != digest(right)


def test_a_value_that_is_shared_a_billion_times_is_walked_once():
    value = [Plain(1, 2)]
    for _ in range(30):
        value = [value, value]
    assert digest(value) == digest(value)


def test_user_code_for_equality_is_never_called():
    class Trap:
        def __eq__(self, other):
            raise AssertionError("called")

        def __hash__(self):
            raise AssertionError("called")

    assert digest([Trap(), Trap()]) == digest([Trap(), Trap()])


def test_a_class_whose_metaclass_has_no_hash_has_a_digest():
    class Meta(type):
        __hash__ = None

    class Odd(metaclass=Meta):
        pass

    assert digest([Odd(), 1]) == digest([Odd(), 1])


def test_a_generator_function_is_a_function_like_any_other():
    def numbers():
        yield 1

    assert digest(numbers) == digest(numbers)


VALUES_FOR_OTHER_PROCESSES = """
import json, sys, collections, numpy as np, pandas as pd
from framework.archive import digest
words = ["w%d" % n for n in range(20)]
class Holder:
    def __init__(self, **state): self.__dict__.update(state)
class Words(set): pass
def function(x): return {x, *words}
values = {
    "set": set(words), "dict in the order of a set": {k: 1 for k in set(words)}, "nested": (1, frozenset(words)),
    "tuples": {(w, 1) for w in words}, "attribute": Holder(x=set(words)), "values": {k: {k, "z"} for k in words[:3]},
    "counter": collections.Counter(set(words)), "subclass": Words(words), "function": function, "class": Holder,
    "lambda": lambda x: x in {"a", "b", "c"}, "frame": pd.DataFrame({"a": words}), "array": np.arange(5.0),
}
print(json.dumps({name: digest(value) for name, value in values.items()}))
"""


def test_digests_are_the_same_in_every_process(run):
    outputs = {run(VALUES_FOR_OTHER_PROCESSES, PYTHONHASHSEED=seed) for seed in ("0", "4711")}
    assert len(outputs) == 1
    assert len(set(json.loads(outputs.pop()).values())) == 13


def test_fractions_and_the_like_count_by_their_state():
    assert digest(Fraction(1, 2)) == digest(Fraction(2, 4)) != digest(Fraction(1, 3))


def test_an_attribute_whose_metaclass_has_no_hash_has_a_digest():
    class Meta(type):
        __hash__ = None

    class Odd(metaclass=Meta):
        pass

    assert digest(Plain(Odd(), 1)) == digest(Plain(Odd(), 1)) != digest(Plain(Odd(), 2))


def test_a_long_value_in_a_cycle_has_a_digest():
    def ring(last):
        values = [[number, str(number)] for number in range(200)]
        values.append([values, last])
        return values

    assert digest(ring(1)) == digest(ring(1)) != digest(ring(2))


def test_attributes_in_slots_beside_others_count():
    class Base:
        __slots__ = ("a",)

    class Slotted(Base):  # has a __dict__ as well
        def __init__(self, a, b):
            self.a = a
            self.b = b

    assert digest(Slotted(1, 2)) == digest(Slotted(1, 2))
    assert len({digest(Slotted(a, b)) for a in (1, 2) for b in (1, 2)}) == 4
