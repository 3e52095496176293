"""`Walk`: turns a value into bytes that tell its type and structure.

It knows scalars and walks by itself; everything else goes to the encoders that it is given. Runs of plain scalars go
through `marshal` in one call: version 2 knows neither references nor interned strings, so that identity does not show.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from itertools import chain
from marshal import dumps
from operator import itemgetter
from struct import pack
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hashlib import _Hash as HASH  # exported under this name from Python 3.13 on

LONG = 64
"""A part that took more pieces than this stands in its parent as a hash, which a second reference to it reuses: else
30 lists that each hold the one before twice would be walked 10^9 times."""

_SCALARS: frozenset[type] = frozenset({int, str, float, bool, type(None), bytes, complex})
_are_scalars = _SCALARS.issuperset
_are_strings = frozenset({str}).issuperset
_are_tuples = frozenset({tuple}).issuperset
_NAN = float("nan")
_key = itemgetter(0)
_NOWHERE = 1 << 62

Encoder = Callable[["Walk", Any], None]


class Refusal(Exception):
    """A part has no digest; gathers the way to it while it travels up."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self._steps: list[str] = []

    @property
    def where(self) -> str:
        """Return the way from the value to the part, such as `.rows[3].handle`."""
        return "".join(reversed(self._steps))

    def add(self, step: str) -> None:
        """Prepend one step, on the way up."""
        self._steps.append(step)


class Walk:
    """One pass over a value: `parts` gathers bytes, encoders call `walk`, `each`, `mapping` and `unordered`."""

    __slots__ = ("_depths", "_encoder", "_known", "_lowest", "emit", "parts")

    def __init__(self, encoder: Callable[[type], Encoder]) -> None:
        """Begin with no bytes; `encoder` gives the encoder of a type that is neither a scalar nor plain."""
        self._encoder = encoder
        self.parts: list[bytes | memoryview] = []
        self.emit = self.parts.append
        self._depths: dict[int, int] = {}
        self._known: dict[int, tuple[Any, bytes]] = {}
        self._lowest = _NOWHERE

    def walk(self, value: Any) -> None:
        """Emit the value."""
        kind = type(value)
        try:
            plain = PLAIN.get(kind, not_plain)(value)
        except TypeError:  # a metaclass without __hash__
            plain = None
        if plain is None:
            self._enter(value, self._encoder(kind))
        else:
            self.emit(plain)

    def text(self, text: str) -> None:
        """Emit a name, so that it cannot run into what follows."""
        self.emit(dumps(text, 2))

    def each(self, values: Iterable[Any]) -> None:
        """Emit every value of a sequence in order."""
        index = -1
        try:
            for index, value in enumerate(values):  # noqa: B007 - the error names it
                self.walk(value)
        except Refusal as refusal:
            refusal.add(f"[{index}]")
            raise

    def attributes(self, state: Mapping[str, Any]) -> None:
        """Emit a mapping of attribute names, whatever their order."""
        try:
            plain = _plain_dict(state) if type(state) is dict else None
        except TypeError:  # a metaclass without __hash__
            plain = None
        if plain is not None:
            self.emit(plain)
            return
        self.emit(b"d" + pack("<Q", len(state)))
        self._named(sorted(state.items(), key=_key), ".{}")

    def mapping(self, items: Mapping[Any, Any]) -> None:
        """Emit a mapping, whatever its order."""
        self.emit(b"d" + pack("<Q", len(items)))
        if all(type(key) is str for key in items):
            self._named(sorted(items.items(), key=_key), "[{!r}]")
        else:
            self._named(sorted(((self._ordinal(key), value) for key, value in items.items()), key=_key), "[...]")

    def unordered(self, values: Iterable[Any]) -> None:
        """Emit the values of a set, whatever their order."""
        for ordinal in sorted(map(self._ordinal, values)):
            self.emit(ordinal)

    def attempt(self, value: Any) -> bool:
        """Emit a value if it has a digest; else emit nothing and return False."""
        start, depths, lowest = len(self.parts), dict(self._depths), self._lowest
        try:
            self.walk(value)
        except Refusal:
            del self.parts[start:]
            self._depths, self._lowest = depths, lowest
            return False
        return True

    def _named(self, items: Iterable[tuple[str | bytes, Any]], step: str) -> None:
        name: str | bytes = ""
        try:
            for name, value in items:
                self.emit(_name(name))
                self.walk(value)
        except Refusal as refusal:
            refusal.add(step.format(name))
            raise

    def _ordinal(self, value: Any) -> bytes:
        start = len(self.parts)
        self.walk(value)
        ordinal = hash_of(self.parts[start:]).digest()
        del self.parts[start:]
        return ordinal

    def _enter(self, value: Any, encode: Encoder) -> None:
        key = id(value)
        depth = self._depths.get(key)
        if depth is not None:  # a cycle: say how many levels up it closes
            self.emit(b"^" + pack("<Q", len(self._depths) - depth))
            self._lowest = min(self._lowest, depth)
            return
        if key in self._known:
            self.emit(self._known[key][1])
            return
        self._depths[key] = depth = len(self._depths)
        outer, self._lowest = self._lowest, _NOWHERE
        start = len(self.parts)
        encode(self, value)
        del self._depths[key]
        closed = self._lowest >= depth  # no cycle leads out of it, so that it reads the same from everywhere
        self._lowest = outer if closed else min(outer, self._lowest)
        if len(self.parts) - start > LONG:
            short = b"#" + hash_of(self.parts[start:]).digest()
            self.parts[start:] = [short]
            if closed:
                self._known[key] = (value, short)  # the reference keeps the id from being used again


def hash_of(parts: list[bytes | memoryview]) -> HASH:
    """Return the SHA-256 of the parts one after another."""
    if not any(type(part) is memoryview for part in parts):
        return sha256(b"".join(parts))
    state = sha256()
    for part in parts:  # large buffers are not copied
        state.update(part)
    return state


def _scalar(value: Any) -> bytes | None:
    try:
        return b"s" + dumps(value if value == value else canonical(value), 2)  # noqa: PLR0124 - NaN differs from itself
    except ValueError:  # marshal writes lengths with 32 bits
        return None


def _name(name: str | bytes) -> bytes:
    try:
        return b"s" + dumps(name, 2)
    except ValueError:
        raise Refusal("a key of 2 GiB or more has no digest") from None


def encode_large(walk: Walk, value: Any) -> None:
    """Emit a text, bytes or a number of 2 GiB or more."""
    kind = type(value)
    if kind is str:
        value = value.encode("utf-8", "surrogatepass")
    elif kind is int:
        value = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    walk.emit(b"L" + kind.__name__.encode() + pack("<Q", len(value)))
    walk.emit(memoryview(value))


def canonical(value: Any) -> Any:
    """Return the scalar itself, or the one NaN that stands for all."""
    if value == value:  # noqa: PLR0124 - NaN differs from itself
        return value
    if type(value) is complex:
        return complex(canonical(value.real), canonical(value.imag))
    return _NAN


def _plain_sequence(values: Any) -> bytes | None:
    """Return the bytes of a sequence of scalars, or of tuples of scalars; None for any other."""
    if _are_scalars(map(type, values)):
        try:
            data = dumps(values, 2)
        except ValueError:  # a part of 2 GiB or more
            return None
        if (b"\x7f" in data or b"\xff" in data) and _may_hold_nan(data):
            data = dumps(type(values)(map(canonical, values)), 2)
        return b"q" + data
    if not (_are_tuples(map(type, values)) and _are_scalars(map(type, chain.from_iterable(values)))):
        return None
    rows = _marshalled(values)
    if rows is not None and _may_hold_nan(rows):
        rows = dumps(type(values)(tuple(map(canonical, row)) for row in values), 2)
    return None if rows is None else b"q" + rows


def _marshalled(values: Any) -> bytes | None:
    try:
        return dumps(values, 2)
    except ValueError:  # a part of 2 GiB or more
        return None


def _plain_dict(values: dict[Any, Any]) -> bytes | None:
    """Return the bytes of a dict of strings to scalars; None for any other."""
    if not (_are_strings(map(type, values)) and _are_scalars(map(type, values.values()))):
        return None
    items = sorted(values.items(), key=_key)
    data = _marshalled(items)
    if data is None:
        return None
    return b"D" + (dumps([(key, canonical(value)) for key, value in items], 2) if _may_hold_nan(data) else data)


# A NaN has an exponent of ones and is written last byte last; what only looks so costs one more look.
_float_nan = re.compile(rb"(?s)g.{6}[\xf0-\xff][\x7f\xff]").search
_complex_nan = re.compile(rb"(?s)y(?:.{6}|.{14})[\xf0-\xff][\x7f\xff]").search


def _may_hold_nan(data: bytes) -> bool:
    if b"\x7f" not in data and b"\xff" not in data:  # most do not: a search for two bytes is faster than for a pattern
        return False
    return _float_nan(data) is not None or (b"y" in data and _complex_nan(data) is not None)


def encode_sequence(walk: Walk, values: Any) -> None:
    """Emit a tuple or list with parts that are not plain."""
    walk.emit((b"t" if type(values) is tuple else b"l") + pack("<Q", len(values)))
    walk.each(values)


def not_plain(_: Any) -> None:
    """Return None: the value has to be walked."""


PLAIN: dict[type, Callable[[Any], bytes | None]] = {
    **dict.fromkeys(_SCALARS, _scalar),
    tuple: _plain_sequence,
    list: _plain_sequence,
    dict: _plain_dict,
}
