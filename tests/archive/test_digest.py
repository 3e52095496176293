"""Laws of the digest: equal exactly when type and value are equal."""

from __future__ import annotations

import copy
import dataclasses
import datetime as dt
import decimal
import enum
import json
import pickle
import random
import socket
import threading
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType, SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.archive import digest
from framework.errors import Undigestable


class Color(enum.Enum):
    RED = 1
    ROUGE = 1  # noqa: PIE796 - an alias
    BLUE = 2


class Access(enum.Flag):
    READ = 1
    WRITE = 2


@dataclasses.dataclass
class Point:
    x: int
    y: str
    z: float
    rest: tuple


@dataclasses.dataclass(frozen=True, slots=True)
class Slotted:
    x: object


class Plain:
    def __init__(self, a, b):
        self.a, self.b = a, b


class Liar(Plain):
    """Says that it equals everything."""

    def __eq__(self, other):
        return True

    def __hash__(self):
        return 1


class Row(tuple):
    __slots__ = ()


class Rows(list):
    pass


Pair = namedtuple("Pair", "left right")  # noqa: PYI024 - the plain kind is what is tested

NAN = float("nan")


def plain(order="ab"):
    value = Plain(1, 2)
    value.__dict__ = {name: value.__dict__[name] for name in order}
    return value


JUDGED = {
    "order of a list": ([1, 2], [2, 1], False),
    "repetition": ([1, 1], [1], False),
    "tuple and list": ((1, 2), [1, 2], False),
    "order of strings": (("a", "b"), ("b", "a"), False),
    "nesting": ((1, (2, 3)), ((1, 2), 3), False),
    "which one repeats": ((1, 1, 2), (1, 2, 2), False),
    "1 and True": (1, True, False),
    "1 and 1.0": (1, 1.0, False),
    "0 and False inside": ((0,), (False,), False),
    "0.0 and -0.0": (0.0, -0.0, False),
    "1 and '1'": (1, "1", False),
    "bytes and text": (b"a", "a", False),
    "None and 'None'": (None, "None", False),
    "Decimal and text": (decimal.Decimal(1), "1", False),
    "Decimal and int": (decimal.Decimal(1), 1, False),
    "date and text": (dt.date(2020, 1, 1), "2020-01-01", False),
    "enum and value": (Color.RED, 1, False),
    "two members": (Color.RED, Color.BLUE, False),
    "two flags": (Access.READ, Access.READ | Access.WRITE, False),
    "dataclass and dict": (Point(1, "x", 2.0, (1,)), {"x": 1, "y": "x", "z": 2.0, "rest": (1,)}, False),
    "numpy scalar and int": (np.int64(1), 1, False),
    "numpy scalar types": (np.int64(1), np.int32(1), False),
    "dtype": (np.zeros(4, "f4"), np.zeros(4, "f8"), False),
    "shape": (np.zeros((2, 3)), np.zeros((3, 2)), False),
    "order of an array": (np.array([1, 2]), np.array([2, 1]), False),
    "array and bytes": (np.zeros(1), bytes(8), False),
    "array and scalar": (np.array(1), np.int64(1), False),
    "rows of a frame": (pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [2, 1]}), False),
    "name of a column": (pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"b": [1, 2]}), False),
    "series and frame": (pd.Series([1]), pd.DataFrame([1]), False),
    "name of a series": (pd.Series([1], name="a"), pd.Series([1], name="b"), False),
    "index of a frame": (pd.DataFrame({"a": [1]}, index=[5]), pd.DataFrame({"a": [1]}, index=[6]), False),
    "order of categories": (pd.Categorical(["a"], ["a", "b"]), pd.Categorical(["a"], ["b", "a"]), False),
    "time zone": (pd.Timestamp("2020", tz="UTC"), pd.Timestamp("2020"), False),
    "missing value": (pd.Series([1, None], dtype="Int64"), pd.Series([1, 0], dtype="Int64"), False),
    "lists in a tuple": (([1, 2], [3]), ([3], [1, 2]), False),
    "0.1 + 0.2": (0.1 + 0.2, 0.3, False),
    "large integers": (10**20, 10**20 + 1, False),
    "set and frozenset": ({1}, frozenset({1}), False),
    "empty containers": ([], (), False),
    "tuple and its subclass": ((1,), Row((1,)), False),
    "list subclass": (Rows([1]), Rows([2]), False),
    "namedtuple and tuple": (Pair(1, 2), (1, 2), False),
    "private attributes": (SimpleNamespace(_a=1), SimpleNamespace(_a=2), False),
    "key and value": ({"a": "b"}, {"b": "a"}, False),
    "key types": ({1: "x"}, {"1": "x"}, False),
    "bytearray and bytes": (bytearray(b"a"), b"a", False),
    "path and text": (Path("a"), "a", False),
    "ordered dicts": (OrderedDict(a=1, b=2), OrderedDict(b=2, a=1), False),
    "deques": (deque([1, 2]), deque([2, 1]), False),
    "proxy and dict": (MappingProxyType({"a": 1}), {"a": 1}, False),
    "liars": (Liar(1, 2), Liar(1, 3), False),
    "slots": (Slotted(1), Slotted(2), False),
    "classes": (Point, Plain, False),
    "class and name": (Point, "Point", False),
    "NaN": (NAN, float("nan"), True),
    "negative NaN": (NAN, -NAN, True),
    "NaN in a tuple": ((1, NAN), (1, -NAN), True),
    "NaN in rows": ([(1, NAN)], [(1, -NAN)], True),
    "NaN in a dict": ({"a": NAN}, {"a": -NAN}, True),
    "NaN in a complex": (complex(NAN, 1), complex(-NAN, 1), True),
    "other part of a complex NaN": (complex(NAN, 1), complex(NAN, 2), False),
    "NaN in an array": (np.array([NAN]), np.array([-NAN]), True),
    "NaN in a complex array": (np.array([complex(NAN, 1)]), np.array([complex(-NAN, 1)]), True),
    "NaN in a frame": (pd.DataFrame({"a": [NAN]}), pd.DataFrame({"a": [-NAN]}), True),
    "NaN is no number": ((NAN,), (0.0,), False),
    "identity of strings": (("ab",) * 2, ("".join("ab"), "".join("ab")), True),
    "order in a dict": ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
    "order of mixed keys": ({1: "a", "1": "b"}, {"1": "b", 1: "a"}, True),
    "order of attributes": (plain("ab"), plain("ba"), True),
    "order of a counter": (Counter("ab"), Counter("ba"), True),
    "order of a defaultdict": (defaultdict(int, a=1, b=2), defaultdict(int, b=2, a=1), True),
    "memory order": (np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.arange(6.0).reshape(2, 3), True),
    "view and copy": (np.arange(10)[::2], np.arange(10)[::2].copy(), True),
    "equal ranges": (range(0, 4, 2), range(0, 3, 2), True),
    "alias of a member": (Color.RED, Color.ROUGE, True),
}


@pytest.mark.parametrize("pair", JUDGED.values(), ids=JUDGED.keys())
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


@pytest.mark.timeout(20)
def test_a_value_that_is_shared_a_billion_times_is_walked_once():
    value = [Plain(1, 2)]
    for _ in range(30):
        value = [value, value]
    assert digest(value) == digest(value)


def test_a_value_that_is_nested_too_deeply_is_refused_by_name():
    value = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(Undigestable, match="value: nested too deeply"):
        digest(value)


@pytest.mark.parametrize(
    "column",
    [
        pd.array([1, None], dtype="Int64"),
        pd.Categorical(["a", None, "b"]),
        pd.array(["a", None], dtype="string"),
        pd.to_datetime(["2020-01-01", None]).tz_localize("UTC").array,
        pd.period_range("2020-01", periods=2, freq="M").array,
        pd.arrays.IntervalArray.from_breaks([0, 1, 2]),
        np.array(["a", [1, {"b": 2}], None], dtype=object),
        np.array([("x", 1.0), ("y", 2.0)], dtype=[("name", "U5"), ("value", "f8")]),
        np.array([1, 2], dtype="M8[s]"),
    ],
    ids=lambda column: str(column.dtype),
)
def test_a_column_of_any_kind_has_the_digest_of_its_copy(column):
    series = pd.Series(list(column) if column.dtype.names else column)
    assert digest(series) == digest(pickle.loads(pickle.dumps(series)))
    assert digest(column) == digest(copy.deepcopy(column))
    assert digest(series) != digest(series[::-1].reset_index(drop=True))


def test_the_bytes_between_the_fields_of_a_record_do_not_count():
    dtype = np.dtype({"names": ["a", "b"], "formats": ["u1", "u4"], "offsets": [0, 4], "itemsize": 8})
    left, right = np.zeros(1, dtype), np.frombuffer(b"\0" + b"\x55" * 3 + b"\0" * 4, dtype)
    assert digest(left) == digest(right)


def test_frames_with_many_kinds_of_index_have_a_digest():
    for index in (
        pd.RangeIndex(2),
        pd.Index([1, 2]),
        pd.MultiIndex.from_tuples([(1, "a"), (2, "b")], names=["n", "s"]),
    ):
        frame = pd.DataFrame({"a": [1, 2]}, index=index)
        assert digest(frame) == digest(frame.copy()) != digest(frame.iloc[::-1])


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


def iterators():
    yield iter([1])
    yield (x for x in [1])
    yield map(str, [1])
    yield zip([1], strict=True)
    yield enumerate([1])
    yield {"a": 1}.items()
    yield reversed([1])


@pytest.mark.parametrize("value", list(iterators()), ids=lambda value: type(value).__name__)
def test_an_iterator_is_refused_and_not_consumed(value):
    with pytest.raises(Undigestable, match=r"^value\[0\]: "):
        digest([value])
    assert len(list(value)) == 1


def test_a_part_without_a_digest_is_named(tmp_path):
    file = tmp_path / "x"
    file.touch()
    with (
        file.open() as handle,
        pytest.raises(Undigestable, match=r"^event\.rows\[1\]\.b: an open file .*pass its path"),
    ):
        digest(SimpleNamespace(rows=[1, Plain(1, handle)]), name="event")


@pytest.mark.parametrize(
    "make", [threading.Lock, threading.Event, lambda: memoryview(b"x"), socket.socket, threading.local]
)
def test_what_lives_in_this_process_only_is_refused(make):
    value = make()
    with pytest.raises(Undigestable, match=r"^value\['a'\]"):
        digest({"a": value})
    if isinstance(value, socket.socket):
        value.close()


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
    outputs = {run(VALUES_FOR_OTHER_PROCESSES, PYTHONHASHSEED=seed) for seed in ("0", "1", "4711")}
    assert len(outputs) == 1
    assert len(set(json.loads(outputs.pop()).values())) == 13


def test_fractions_and_the_like_count_by_their_state():
    assert digest(Fraction(1, 2)) == digest(Fraction(2, 4)) != digest(Fraction(1, 3))
