"""Objects count by their attributes, without what can be computed again; an encoder of one's own replaces that."""

import array
import copyreg
import dataclasses
import datetime as dt
import enum
import functools
import struct
import threading
from collections import Counter, OrderedDict, defaultdict, deque
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath

import pytest

from framework.archive import digest, register_encoder
from framework.errors import OptionError, Undigestable


@dataclasses.dataclass
class Station:
    name: str

    @functools.cached_property
    def slug(self):
        return self.name.lower()


def test_a_cached_property_does_not_count():
    fresh, used = Station("Oslo"), Station("Oslo")
    assert used.slug == "oslo"
    assert digest(fresh) == digest(used)
    assert digest(Station("Bergen")) != digest(used)


def test_a_kept_hash_of_attrs_does_not_count():
    attrs = pytest.importorskip("attrs")
    city = attrs.make_class("City", ["name"], frozen=True, slots=False, cache_hash=True, unsafe_hash=True)
    fresh, used = city("Oslo"), city("Oslo")
    hash(used)
    assert digest(fresh) == digest(used)
    assert digest(city("Bergen")) != digest(used)


def test_which_fields_of_a_pydantic_model_were_given_does_not_count():
    pydantic = pytest.importorskip("pydantic")
    model = pydantic.create_model("Config", a=(int, ...), b=(int, 5))
    assert digest(model(a=1)) == digest(model(a=1, b=5))
    assert digest(model(a=1)) != digest(model(a=1, b=6))


def test_members_of_an_enum_count_by_name_and_value():
    def level(**members):
        return enum.Enum("Level", members, module=__name__, qualname="Level")

    assert digest(level(HIGH=1).HIGH) == digest(level(LOW=0, HIGH=1).HIGH)
    assert digest(level(HIGH=1).HIGH) != digest(level(HIGH=2).HIGH)
    assert digest(level(HIGH=1).HIGH) != digest(level(TOP=1).TOP)


def test_a_member_whose_value_has_no_digest_counts_by_its_name():
    locks = enum.Enum("Locks", {"ONE": threading.Lock(), "TWO": threading.Lock()})
    assert digest(locks.ONE) != digest(locks.TWO)
    assert digest([locks.ONE, 1]) == digest([locks.ONE, 1])


class Connection:
    def __init__(self, url):
        self.url, self.lock = url, threading.Lock()


class Pooled(Connection):
    pass


@pytest.fixture
def encoded(monkeypatch):
    """Connections count by their address, for one test."""
    from framework.archive.digest import encoders

    monkeypatch.setattr(encoders, "_registered", {})
    monkeypatch.setattr(encoders, "_chosen", dict(encoders._chosen))
    register_encoder(Connection, lambda connection: connection.url)


def test_a_registered_encoder_says_what_counts(encoded):
    assert digest(Connection("a")) == digest(Connection("a"))
    assert digest([Connection("a")]) != digest([Connection("b")])
    assert digest(Connection("a")) != digest("a")


def test_a_registered_encoder_holds_for_subclasses_which_differ(encoded):
    assert digest(Pooled("a")) == digest(Pooled("a")) != digest(Connection("a"))
    register_encoder(Pooled, lambda pooled: len(pooled.url))
    assert digest(Pooled("a")) == digest(Pooled("b"))


def test_what_a_registered_encoder_returns_needs_a_digest(encoded):
    register_encoder(Pooled, lambda pooled: pooled.lock)
    with pytest.raises(Undigestable, match="lock"):
        digest(Pooled("a"))


@pytest.mark.parametrize("kind", [int, str, list, object, "Connection"])
def test_an_encoder_is_registered_for_a_class_of_the_user_only(kind):
    with pytest.raises(OptionError, match="register_encoder"):
        register_encoder(kind, repr)


def test_a_refusal_names_the_encoder_as_a_remedy():
    with pytest.raises(Undigestable, match="register_encoder"):
        digest(Connection("a"))


class Reduced:
    """Says how it is made again: by a call and by a state that is no dictionary, or by a pair of them."""

    def __init__(self, state):
        self.told = state

    def __reduce__(self):
        return object, (), self.told


@pytest.mark.parametrize(
    ("state", "other"),
    [
        (1, 2),
        ([1, 2], [2, 1]),
        ({"a": 1}, {"a": 2}),
        ({1: "a"}, {1: "b"}),
        ((None, {"a": 1}), (None, {"a": 2})),
        (({"a": 1}, {"b": 1}), ({"a": 2}, {"b": 1})),
        (None, {"a": None}),
    ],
)
def test_the_state_that_an_object_is_reduced_to_counts(state, other):
    assert digest(Reduced(state)) == digest(Reduced(state))
    assert digest(Reduced(state)) != digest(Reduced(other))


def test_an_exception_counts_the_same_however_it_is_registered_to_travel(monkeypatch):
    error = ValueError("no number", 3)
    before = digest(error)
    monkeypatch.setitem(copyreg.dispatch_table, ValueError, lambda one: (ValueError, one.args, {"__traceback__": None}))
    assert digest(ValueError("no number", 3)) == before
    assert digest(ValueError("no number", 4)) != before


BUILTIN = [
    *((set, "ab"), (frozenset, "ab"), (bytearray, b"ab"), (struct.Struct, "<I"), (Exception, "a"), (array.array, "i")),
    *((Decimal, 1), (Fraction, 1), (PurePosixPath, "a"), (dt.timedelta, 1), (Counter, "a"), (deque, "a")),
    *((defaultdict, int), (OrderedDict, ()), (str, "a"), (list, "a"), (dict, ()), (float, 1), (bytes, b"a")),
]


@pytest.mark.parametrize(("base", "argument"), BUILTIN)
@pytest.mark.parametrize("slots", [None, ("unit",)])
def test_what_a_class_derived_from_a_builtin_one_keeps_besides_counts(base, argument, slots):
    if slots and base is bytes:
        pytest.skip("Python gives it no slots")
    kind = type("Kind", (base,), {} if slots is None else {"__slots__": slots})

    def made(unit):
        value = kind(argument)
        value.unit = unit
        return value

    assert digest(made(1)) == digest(made(1)) != digest(made(2))
