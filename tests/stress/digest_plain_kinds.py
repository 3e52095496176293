"""Kinds of values without numpy, pandas or code: scalars, containers, objects, cycles."""

import datetime as dt
import uuid
from collections import Counter, OrderedDict, defaultdict, deque
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath
from types import MappingProxyType, SimpleNamespace

from digest_samples import Access, Color, Liar, Pair, Plain, Point, Row, Rows, Slotted
from digest_specs import KINDS, Kind, Spec, random_spec, some

NUMBERS = (0, 1, 2, -1, 255, 256, 2**31, 2**63, 10**20, -(10**20))
FLOATS = (0.0, -0.0, 1.0, 2.0, 0.1, 0.5, 1e300, 5e-324, float("inf"), -float("inf"))
NAN = float("nan")
TEXTS = ("", "0", "1", "a", "A", "b", "ab", "_a", "__b", "é", "e\u0301", "\ud800", "\0", "x" * 70, "None", "🙂", "1.0")
NAMES = ("a", "b", "_a", "__b", "_Plain__c", "name", "é")
WHOLE = (0, 1, 2, 7)


def leaf(name, values, make=lambda value: value, *, hashable=True, weight=4, **how):
    """A kind whose only part is one of some Python scalars."""
    KINDS[name] = Kind(
        lambda random, _: (random.choice(values),), make, "scalar", hashable, leaf=True, weight=weight, **how
    )


leaf("none", (None,))
leaf("bool", (True, False))
leaf("int", NUMBERS, weight=9)
leaf("float", FLOATS, weight=9)
leaf("nan", (NAN,), lambda noise, nan: nan if noise.coin() else -nan, hashable=False, noisy=True)
leaf("complex", tuple(complex(real, imag) for real in FLOATS[:4] for imag in FLOATS[:3]))
leaf(
    "half nan", FLOATS[:3], lambda noise, imag: complex(NAN if noise.coin() else -NAN, imag), hashable=False, noisy=True
)
leaf("text", TEXTS, weight=9)
leaf("bytes", (b"", b"0", b"1", b"a", b"ab", b"\0", b"\xff" * 70))
leaf("bytearray", (b"", b"1", b"a"), bytearray, hashable=False)
leaf("decimal", ("0", "1", "2", "-1", "0.1", "1E+20"), Decimal)
leaf("fraction", ("0", "1", "1/2", "-1/3"), Fraction)
leaf("date", WHOLE, lambda days: dt.date(2020, 1, 1) + dt.timedelta(days))
leaf("datetime", WHOLE, lambda days: dt.datetime(2020, 1, 1) + dt.timedelta(days))  # noqa: DTZ001 - a kind of its own
leaf("moment", WHOLE, lambda days: dt.datetime(2020, 1, 1, tzinfo=dt.UTC) + dt.timedelta(days))
leaf("time", WHOLE, dt.time)
leaf("duration", WHOLE, dt.timedelta)
leaf("uuid", WHOLE, lambda number: uuid.UUID(int=number))
leaf("path", ("0", "1", "a", "a/b"), PurePosixPath)
leaf("color", ("RED", "BLUE"), Color.__getitem__)
leaf("access", (1, 2, 3), Access)
leaf("class", ("Plain", "Liar", "Row"), {"Plain": Plain, "Liar": Liar, "Row": Row}.__getitem__)


def container(name, make, *, family="sequence", weight=4, **how):
    """A kind of any number of values."""
    hashable = how.get("hashable", False)
    KINDS[name] = Kind(
        lambda r, depth: some(r, depth, hashable=hashable), make, family, many=True, weight=weight, **how
    )


container("list", lambda *parts: list(parts), weight=12)
container("tuple", lambda *parts: parts, weight=8)
container("deque", lambda *parts: deque(parts))
container("rows", lambda *parts: Rows(parts))
container("row", lambda *parts: Row(parts))
container("key", lambda *parts: parts, hashable=True, same_as="tuple")
container("frozenset", lambda *parts: frozenset(parts), hashable=True, unordered=True, family="set")
KINDS["set"] = Kind(
    lambda r, depth: some(r, depth, hashable=True), lambda *parts: set(parts), "set", many=True, unordered=True
)


def key(random, depth):
    """Most keys are strings, as in life."""
    text = random.random() < 0.6
    return Spec("text", (random.choice(TEXTS),)) if text else random_spec(random, max(0, depth - 1), hashable=True)


KINDS["entry"] = Kind(
    lambda r, depth: (key(r, depth), random_spec(r, max(0, depth - 1))),
    lambda key, value: (key, value),
    family="entry",
    weight=0,
)
KINDS["attribute"] = Kind(
    lambda r, depth: (r.choice(NAMES), random_spec(r, max(0, depth - 1))),
    lambda name, value: (name, value),
    family="attribute",
    weight=0,
)


def entries(kind):
    """Up to four entries or attributes."""
    return lambda r, depth: tuple(Spec(kind, KINDS[kind].roll(r, depth)) for _ in range(r.randint(0, 4)))


def mapping(name, make, *, entry="entry", family="mapping", weight=4):
    """A kind made from entries or attributes."""
    KINDS[name] = Kind(entries(entry), make, family, many=True, unordered=True, weight=weight)


def with_attributes(value, attributes):
    """The object with exactly these attributes."""
    value.__dict__.clear()
    value.__dict__.update(attributes)
    return value


mapping("dict", lambda *items: dict(items), weight=12)
mapping("defaultdict", lambda *items: defaultdict(int, items))
mapping("proxy", lambda *items: MappingProxyType(dict(items)))
mapping("plain", lambda *items: with_attributes(Plain(1, 2), items), entry="attribute", family="attributes", weight=8)
mapping("liar", lambda *items: with_attributes(Liar(1, 2), items), entry="attribute", family="attributes")
mapping("space", lambda *items: SimpleNamespace(**dict(items)), entry="attribute", family="attributes")
mapping(
    "labelled rows", lambda *items: with_attributes(Rows(["labelled"]), items), entry="attribute", family="attributes"
)

KINDS["range"] = Kind(
    lambda r, _: (r.choice(WHOLE), r.choice((2, 3, 4)), r.choice((1, 2, -1))),
    lambda noise, start, count, step: range(start, start + count * step - (step > 1 and noise.coin()), step),
    family="range",
    hashable=True,
    leaf=True,
    noisy=True,
)
KINDS["counter"] = Kind(
    lambda r, _: tuple(Spec("attribute", (name, Spec("int", (r.choice(WHOLE),)))) for name in r.sample(NAMES, 3)),
    lambda *items: Counter(dict(items)),
    family="counter",
    unordered=True,
)


def fixed(name, count, make, *, family, weight=4):
    """A kind of exactly so many values."""
    KINDS[name] = Kind(
        lambda r, depth: tuple(random_spec(r, max(0, depth - 1)) for _ in range(count)), make, family, weight=weight
    )


def ring(*parts):
    """A list that ends with itself."""
    values = [*parts]
    values.append(values)
    return values


def deep_ring(*parts):
    """A list that holds itself two levels down."""
    values = [*parts]
    values.append((1, [values]))
    return values


def dict_ring(*parts):
    """A dict that holds itself."""
    values = dict(enumerate(parts))
    values["me"] = values
    return values


def couple(one, other):
    """Two objects that know each other."""
    left, right = Plain(one, None), Plain(other, None)
    left.b, right.b = right, left
    return left


fixed("ordered", 2, lambda one, other: OrderedDict([("a", one), ("b", other)]), family="two")
fixed("reversed", 2, lambda one, other: OrderedDict([("b", one), ("a", other)]), family="two")
fixed("pair", 2, Pair, family="two")
fixed("couple", 2, couple, family="two")
fixed("ring", 2, ring, family="two")
fixed("deep ring", 2, deep_ring, family="two")
fixed("dict ring", 2, dict_ring, family="two")
fixed("point", 4, Point, family="four")
fixed("slotted", 1, Slotted, family="one", weight=6)
