"""How `digest` writes the types that are neither scalars nor built-in containers.

`encoder(kind)` chooses once per type: exact types first, then families; everything else is told by `__reduce_ex__`,
as pickle would, and what pickle refuses is refused here, by name.
"""

from __future__ import annotations

import copyreg
import enum
import io
import types
from collections import OrderedDict
from collections.abc import Iterator
from importlib import import_module
from struct import pack
from typing import Any, cast

from framework.archive.digest import code as code_encoders
from framework.archive.digest.walk import Encoder, Refusal, Walk, encode_sequence

_LIBRARIES = {"numpy": "arrays", "pandas": "tables"}
"""Our module for the types of a package: imported when a value of the package is met."""
_INHERITED: tuple[tuple[type, Encoder], ...]
_chosen: dict[type, Encoder] = {tuple: encode_sequence, list: encode_sequence, dict: Walk.mapping}


def encoder(kind: type) -> Encoder:
    """Return the encoder for values of exactly that type."""
    try:
        found = _chosen.get(kind)
    except TypeError:  # a metaclass without __hash__
        return _choose(kind)
    if found is None:
        found = _chosen[kind] = _choose(kind)
    return found


def _choose(kind: type) -> Encoder:
    for base, encode in _INHERITED:
        if issubclass(kind, base):
            return encode
    if hasattr(kind, "__next__"):
        return _refused
    package = kind.__module__.partition(".")[0]
    if package in _LIBRARIES:
        found = import_module(f"framework.archive.digest.{_LIBRARIES[package]}").encoder(kind)
        if found is not None:
            return cast("Encoder", found)
    if _registered(kind) or not _reduces_as_object(kind):
        return _reduced
    if issubclass(kind, list | tuple):
        return _sequence_object(kind)
    return _plain_object(kind) if kind.__dictoffset__ and not _slots(kind) and kind.__basicsize__ <= _SIZE else _reduced


def _registered(kind: type) -> bool:
    try:
        return kind in copyreg.dispatch_table
    except TypeError:  # a metaclass without __hash__
        return False


def _reduces_as_object(kind: type) -> bool:
    hooks = ("__reduce_ex__", "__reduce__", "__getstate__")
    return (
        all(getattr(kind, hook) is getattr(object, hook) for hook in hooks)
        and not hasattr(kind, "__getnewargs_ex__")
        and (not hasattr(kind, "__getnewargs__") or issubclass(kind, tuple))
    )


class _Empty:
    """Shows how large an instance without any C-level content is."""


_SIZE = _Empty.__basicsize__


def _slots(kind: type) -> bool:
    return any(base.__dict__.get("__slots__") for base in kind.__mro__)


def name_of(kind: type) -> str:
    """Return the qualified name by which a class counts."""
    return f"{kind.__module__}.{kind.__qualname__}"


def _plain_object(kind: type) -> Encoder:
    head = b"o" + name_of(kind).encode() + b"\0"

    def encode(walk: Walk, value: Any) -> None:
        walk.emit(head)
        walk.attributes(value.__dict__)

    return encode


def _sequence_object(kind: type) -> Encoder:
    head = b"O" + name_of(kind).encode() + b"\0"
    length, iterate = (tuple.__len__, tuple.__iter__) if issubclass(kind, tuple) else (list.__len__, list.__iter__)

    def encode(walk: Walk, value: Any) -> None:
        walk.emit(head + pack("<Q", length(value)))
        walk.each(iterate(value))
        walk.walk(copyreg_state(value))

    return encode


def copyreg_state(value: Any) -> Any:
    """Attributes and slots, as `object.__getstate__` tells them; None where there are none."""
    return object.__reduce_ex__(value, 2)[2]


def _set(walk: Walk, value: Any) -> None:
    base = set if isinstance(value, set) else frozenset
    walk.emit(b"S")
    walk.text(name_of(type(value)))
    walk.emit(pack("<Q", base.__len__(value)))
    walk.unordered(base.__iter__(value))
    if type(value) is not base:
        walk.walk(getattr(value, "__dict__", None))


def _enum(walk: Walk, value: enum.Enum) -> None:
    walk.emit(b"E")
    walk.text(name_of(type(value)))
    walk.walk(value._value_ if isinstance(value, enum.Flag) else value._name_)


def _bytearray(walk: Walk, value: bytearray) -> None:
    walk.emit(b"B")
    walk.text(name_of(type(value)))
    walk.walk(bytes(value))


def _range(walk: Walk, value: range) -> None:
    walk.emit(b"R")
    size = len(value)
    walk.walk((size, value[0] if size else None, value.step if size > 1 else None))


def _proxy(walk: Walk, value: types.MappingProxyType[Any, Any]) -> None:
    walk.emit(b"P")
    walk.mapping(value)


def _reduced(walk: Walk, value: Any) -> None:
    kind = type(value)
    try:
        told = copyreg.dispatch_table[kind](value) if _registered(kind) else value.__reduce_ex__(4)
    except Exception as error:
        raise refusal(value, str(error)) from error
    if isinstance(told, str):
        walk.emit(b"n")
        walk.text(f"{kind.__module__}.{told}")
        return
    walk.emit(b"r" + bytes([len(told)]))
    walk.text(name_of(kind))
    walk.walk(told[0])
    walk.walk(told[1])
    for number, part in enumerate(told[2:], 2):
        if isinstance(part, Iterator):
            _members(walk, list(part), ordered=number == _LIST_ITEMS or isinstance(value, OrderedDict))
        elif number == _STATE:
            _state(walk, part)
        else:
            walk.walk(part)


_STATE, _LIST_ITEMS = 2, 3  # positions in what __reduce_ex__ returns


def _members(walk: Walk, members: list[Any], *, ordered: bool) -> None:
    if ordered:
        walk.emit(b"m" + pack("<Q", len(members)))
        walk.each(members)
    else:
        _items(walk, members)


def _items(walk: Walk, items: list[tuple[Any, Any]]) -> None:
    walk.emit(b"i" + pack("<Q", len(items)))
    walk.unordered(items)


def _state(walk: Walk, state: Any) -> None:
    if type(state) is tuple and len(state) == 2 and type(state[1]) is dict:  # attributes and slots # noqa: PLR2004
        walk.emit(b"2")
        _state(walk, state[0])
        walk.attributes(state[1])
    elif type(state) is dict and all(type(key) is str for key in state):
        walk.attributes(state)
    else:
        walk.walk(state)


def _refused(_: Walk, value: Any) -> None:
    raise refusal(value)


def refusal(value: Any, reason: str = "") -> Refusal:
    """Return the error for a part that has no digest, with what to pass instead."""
    kind = type(value).__qualname__
    if isinstance(value, io.IOBase):
        return Refusal(f"an open file ({kind}) has no digest; pass its path or what it contains")
    if isinstance(value, Iterator | types.CoroutineType | types.AsyncGeneratorType):
        return Refusal(f"an iterator ({kind}) has no digest, it would have to be consumed; pass a list or a tuple")
    because = f" ({reason})" if reason else ""
    return Refusal(f"a {kind} has no digest{because}; pass plain data instead, or give its class a __reduce__")


_INHERITED = (
    (type, code_encoders.encode_class),
    (enum.Enum, _enum),
    (set, _set),
    (frozenset, _set),
    (bytearray, _bytearray),
    (range, _range),
    (types.MappingProxyType, _proxy),
    (types.FunctionType, code_encoders.encode_function),
    (types.BuiltinFunctionType, code_encoders.encode_builtin),
    (types.MethodType, code_encoders.encode_method),
    (types.ModuleType, code_encoders.encode_module),
    (types.CodeType, code_encoders.encode_code),
    (code_encoders.LruCacheType, code_encoders.encode_wrapper),
    (types.GeneratorType, _refused),
    (types.CoroutineType, _refused),
    (types.AsyncGeneratorType, _refused),
)
