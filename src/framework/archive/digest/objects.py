"""How `digest` writes objects: by their attributes, or by `__reduce_ex__`, as pickle would."""

from __future__ import annotations

import copyreg
import functools
import io
import sys
import types
from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping
from struct import calcsize, pack
from typing import Any

from framework.archive.digest.walk import Encoder, Refusal, Walk

_CACHED_PROPERTIES = frozenset({"cached_property", "threaded_cached_property", "cache_readonly", "reify"})
"""Names of descriptors that keep what they return in the instance, beside that of `functools`."""
_REMEMBERED = {
    "networkx": {"__networkx_cache__"},
    "sklearn": {"_stop_words_id", "_rng"},  # the id of an object, the random numbers of the process
}
"""Attributes in which libraries keep what belongs to a process or can be computed again."""
_MOVED = {"pathlib._local": "pathlib"}
"""Modules of the standard library that name another one in some version of Python, here 3.13."""
_STATE, _LIST_ITEMS = 2, 3  # positions in what __reduce_ex__ returns


def object_encoder(kind: type) -> Encoder:
    """Return the encoder for instances of a class that no other encoder knows."""
    if _is_pydantic(kind):
        return _pydantic_model(kind)
    if _has_reducer(kind) or not _reduces_as_object(kind):
        return _reducing(kind, _by_library(kind))
    if issubclass(kind, list | tuple):
        return _sequence_object(kind)
    if kind.__dictoffset__ and not _slots(kind) and _size(kind) <= _SIZE:
        return _plain_object(kind)
    return _reducing(kind, remembered(kind))


def name_of(kind: type) -> str:
    """Return the qualified name by which a class counts, the same in every version of Python."""
    module = kind.__module__
    return f"{_MOVED.get(module, module)}.{kind.__qualname__}"


def path_encoder(kind: type) -> Encoder | None:
    """Return the encoder for paths: by their parts, as up to Python 3.12; None for other classes, or their own way."""
    pathlib = sys.modules["pathlib"]
    if not issubclass(kind, pathlib.PurePath) or kind.__reduce__ is not pathlib.PurePath.__reduce__:
        return None

    unknown = _unknown_to_reducer(kind)

    def encode(walk: Walk, value: Any) -> None:
        walk.emit(b"r\2")
        walk.text(name_of(kind))
        walk.walk(kind)
        walk.walk(value.parts)
        _beside(walk, value, unknown, None, frozenset())

    return encode


def encode_refused(_: Walk, value: Any) -> None:
    """Refuse the value."""
    raise refusal(value)


def refusal(value: Any, reason: str = "") -> Refusal:
    """Return the error for a part that has no digest, with what to pass instead."""
    kind = type(value).__qualname__
    if isinstance(value, io.IOBase):
        return Refusal(f"an open file ({kind}) has no digest; pass its path or what it contains")
    if isinstance(value, Iterator | types.CoroutineType | types.AsyncGeneratorType):
        return Refusal(f"an iterator ({kind}) has no digest, it would have to be consumed; pass a list or a tuple")
    because = f" ({reason})" if reason else ""
    return Refusal(
        f"a {kind} has no digest{because}; pass plain data instead, give its class a __reduce__, "
        "or register_encoder for it"
    )


def remembered(kind: type) -> frozenset[str]:
    """Return the names of attributes in which instances keep what can be computed again."""
    names = set(_by_library(kind))
    for base in kind.__mro__:
        for name, attribute in vars(base).items():
            if isinstance(attribute, functools.cached_property) or type(attribute).__name__ in _CACHED_PROPERTIES:
                names.add(name)
    return frozenset(names)


def _by_library(kind: type) -> frozenset[str]:
    names = {"_attrs_cached_hash"} if hasattr(kind, "__attrs_attrs__") else set()
    for base in kind.__mro__:
        names |= _REMEMBERED.get(base.__module__.partition(".")[0], set())
    return frozenset(names)


def told_attributes(attributes: Mapping[str, Any], left_out: frozenset[str]) -> Mapping[str, Any]:
    """Return the attributes without those left out."""
    if left_out.isdisjoint(attributes):
        return attributes
    return {name: value for name, value in attributes.items() if name not in left_out}


def _plain_object(kind: type) -> Encoder:
    head, left_out = _head(b"o", kind), remembered(kind)

    def encode(walk: Walk, value: Any) -> None:
        walk.emit(head)
        walk.attributes(told_attributes(value.__dict__, left_out) if left_out else value.__dict__)

    return encode


def _reducing(kind: type, left_out: frozenset[str]) -> Encoder:
    unknown = _unknown_to_reducer(kind)

    def encode(walk: Walk, value: Any) -> None:
        state = _reduced(walk, value, left_out)
        _beside(walk, value, unknown, state, left_out)

    return encode


def _sequence_object(kind: type) -> Encoder:
    head = _head(b"O", kind)
    length, iterate = (tuple.__len__, tuple.__iter__) if issubclass(kind, tuple) else (list.__len__, list.__iter__)

    def encode(walk: Walk, value: Any) -> None:
        walk.emit(head + pack("<Q", length(value)))
        walk.each(iterate(value))
        walk.walk(object.__reduce_ex__(value, 2)[_STATE])  # attributes and slots; None where there are none

    return encode


def _is_pydantic(kind: type) -> bool:
    if not (hasattr(kind, "__pydantic_fields_set__") and hasattr(kind, "__pydantic_private__")):
        return False
    return all(getattr(kind, hook).__module__.startswith("pydantic.") for hook in ("__getstate__", "__setstate__"))


def _pydantic_model(kind: type) -> Encoder:
    """Return the encoder for a model: fields, extra and private ones; which of them were given does not count."""
    head, left_out = _head(b"o", kind), remembered(kind)

    def encode(walk: Walk, value: Any) -> None:
        walk.emit(head)
        walk.attributes(told_attributes(value.__dict__, left_out))
        walk.walk(value.__pydantic_extra__)
        walk.walk(value.__pydantic_private__)

    return encode


def _head(letter: bytes, kind: type) -> bytes:
    return letter + name_of(kind).encode() + b"\0"


def _has_reducer(kind: type) -> bool:
    # Importing distributed registers one for every exception, for the sake of tracebacks.
    try:
        return kind in copyreg.dispatch_table and not issubclass(kind, BaseException)
    except TypeError:  # a metaclass without __hash__
        return False


def _reduces_as_object(kind: type) -> bool:
    hooks = ("__reduce_ex__", "__reduce__", "__getstate__")
    return (
        all(getattr(kind, hook) is getattr(object, hook) or _attributes_only(getattr(kind, hook)) for hook in hooks)
        and not hasattr(kind, "__getnewargs_ex__")
        and (not hasattr(kind, "__getnewargs__") or issubclass(kind, tuple))
    )


def _attributes_only(hook: object) -> bool:
    """Return whether a `__getstate__` says that it leaves out nothing but slots."""
    return getattr(hook, "attributes_only", False)


class _Empty:
    """Shows how large an instance without any C-level content is."""


_SIZE = _Empty.__basicsize__
_POINTER = calcsize("P")


def _slots(kind: type) -> bool:
    return any(base.__dict__.get("__slots__") for base in kind.__mro__ if not _left_out(base))


def _left_out(kind: type) -> int:
    """Return how many slots of a class its `__getstate__` leaves out."""
    return len(kind.__dict__["__slots__"]) if _attributes_only(kind.__dict__.get("__getstate__")) else 0


def _size(kind: type) -> int:
    return kind.__basicsize__ - _POINTER * sum(map(_left_out, kind.__mro__))


def _reduced(walk: Walk, value: Any, left_out: frozenset[str]) -> Any:
    """Write what an object is reduced to, and return the state in that."""
    kind = type(value)
    try:
        told = copyreg.dispatch_table[kind](value) if _has_reducer(kind) else value.__reduce_ex__(4)
    except Exception as error:
        raise refusal(value, str(error)) from error
    if isinstance(told, str):
        walk.emit(b"n")
        walk.text(f"{kind.__module__}.{told}")
        return None
    walk.emit(b"r" + bytes([len(told)]))
    walk.text(name_of(kind))
    walk.walk(told[0])
    walk.walk(told[1])
    for number, part in enumerate(told[2:], 2):
        if isinstance(part, Iterator):
            _members(walk, list(part), ordered=number == _LIST_ITEMS or isinstance(value, OrderedDict))
        elif number == _STATE:
            _state(walk, part, left_out)
        else:
            walk.walk(part)
    return told[_STATE] if len(told) > _STATE else None


def _beside(
    walk: Walk, value: Any, unknown: tuple[bool, tuple[str, ...]], state: Any, left_out: frozenset[str]
) -> None:
    """Write the attributes of a derived class which the reducer of a builtin one, as of Decimal, does not know."""
    keeps_dict, slots = unknown
    found = {name: getattr(value, name) for name in slots if hasattr(value, name)}
    if keeps_dict and state is None:
        found |= value.__dict__
    if found:
        walk.emit(b"+")
        walk.attributes(told_attributes(found, left_out))


def _unknown_to_reducer(kind: type) -> tuple[bool, tuple[str, ...]]:
    """Return whether the attributes of a class, and which of its slots, are unknown to the class that reduces it.

    One that has attributes of its own decides which of them count.
    """
    reducer = next(base for base in kind.__mro__ if not vars(base).keys().isdisjoint(("__reduce__", "__reduce_ex__")))
    if reducer is object or _has_reducer(kind):
        return False, ()
    derived = kind.__mro__[: kind.__mro__.index(reducer)]
    slots = [name for base in derived for name in copyreg._slotnames(base) if name in vars(base)]  # type: ignore[attr-defined]  # noqa: SLF001 - as pickle does
    return bool(kind.__dictoffset__) and (not reducer.__dictoffset__ or reducer is Counter), tuple(dict.fromkeys(slots))


def _members(walk: Walk, members: list[Any], *, ordered: bool) -> None:
    if ordered:
        walk.emit(b"m" + pack("<Q", len(members)))
        walk.each(members)
    else:
        walk.emit(b"i" + pack("<Q", len(members)))
        walk.unordered(members)


def _state(walk: Walk, state: Any, left_out: frozenset[str]) -> None:
    if type(state) is tuple and len(state) == 2 and type(state[1]) is dict:  # attributes and slots # noqa: PLR2004
        walk.emit(b"2")
        _state(walk, state[0], left_out)
        walk.attributes(told_attributes(state[1], left_out))
    elif type(state) is dict and all(type(key) is str for key in state):
        walk.attributes(told_attributes(state, left_out))
    else:
        walk.walk(state)
