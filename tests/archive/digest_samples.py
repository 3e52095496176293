"""Values in pairs, each with whether their digests have to be equal."""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from pathlib import Path
from types import MappingProxyType, SimpleNamespace

import numpy as np
import pandas as pd


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


PAIRS = {
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
