"""`encoder(kind)` chooses how `digest` writes values of a type, once per type.

Exact types first, then families, libraries and classes of records; everything else by `__reduce_ex__`, as pickle would,
and what pickle refuses is refused here, by name.
"""

from __future__ import annotations

import enum
import types
from collections.abc import Callable
from importlib import import_module
from struct import Struct, pack
from typing import Any, cast

from framework.archive.digest import code as code_encoders
from framework.archive.digest.objects import encode_refused, name_of, object_encoder, path_encoder
from framework.archive.digest.walk import Encoder, Walk, encode_large, encode_sequence
from framework.errors import OptionError

_MODULES = {
    "numpy": "arrays",
    "pandas": "tables",
    "polars": "polars_tables",
    "pyarrow": "arrow_tables",
    "scipy": "scientific",
    "sklearn": "scientific",
    "numba": "scientific",
    "xarray": "scientific",
}
"""Our module for the types of a library: imported when a value of the library is met."""
_INHERITED: tuple[tuple[type, Encoder], ...]
_EXACT: dict[type, Encoder] = {
    tuple: encode_sequence,
    list: encode_sequence,
    dict: Walk.mapping,
    str: encode_large,
    bytes: encode_large,
    int: encode_large,
}
_chosen: dict[type, Encoder] = dict(_EXACT)
_registered: dict[type, Callable[[Any], object]] = {}


def register_encoder(kind: type, encode: Callable[[Any], object]) -> None:
    """Let values of a class count in digests by what a function returns for them.

    It holds for subclasses as well that have no encoder of their own; the name of the value's class counts, too. Call
    it before the first digest of such a value in every process, since results are found by digest::

        register_encoder(Model, lambda model: (model.name, model.weights))

    Args:
        kind: the class.
        encode: takes a value and returns all of it that counts, as a value that has a digest.

    Raises:
        OptionError: `kind` is no class, or a built-in one whose digest is fixed; or `encode` cannot be called.
    """
    if not isinstance(kind, type) or kind in _EXACT or kind in {object, float, bool, complex, type(None)}:
        raise OptionError(f"register_encoder takes a class of your own or of a library, got {kind!r}")
    if not callable(encode):
        raise OptionError(f"register_encoder takes a function of one value, got {encode!r}")
    _registered[kind] = encode
    _chosen.clear()
    _chosen.update(_EXACT)


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
    if _registered:
        for base in kind.__mro__:
            for known, told in _registered.items():
                if base is known:  # not looked up: a metaclass may have no __hash__
                    return _encoder_by(kind, told)
    for base, encode in _INHERITED:
        if issubclass(kind, base):
            return encode
    if hasattr(kind, "__next__"):
        return encode_refused
    return _library_encoder(kind) or object_encoder(kind)


def _library_encoder(kind: type) -> Encoder | None:
    """Return the encoder for a type of a library, or a class derived from one; None where there is none."""
    for base in kind.__mro__:
        library = base.__module__.partition(".")[0]
        module = _MODULES.get(library)
        if library == "pathlib":
            return path_encoder(kind)
        if module is not None:
            found = import_module(f"framework.archive.digest.{module}").encoder(kind)
            if found is not None:
                return cast("Encoder", found)
    return None


def _encoder_by(kind: type, told: Callable[[Any], object]) -> Encoder:
    head = b"U" + name_of(kind).encode() + b"\0"

    def encode(walk: Walk, value: Any) -> None:
        walk.emit(head)
        walk.walk(told(value))

    return encode


def _set(walk: Walk, value: Any) -> None:
    base = set if isinstance(value, set) else frozenset
    walk.emit(b"S")
    walk.text(name_of(type(value)))
    walk.emit(pack("<Q", base.__len__(value)))
    walk.unordered(base.__iter__(value))
    _own_attributes(walk, value, base)


def _own_attributes(walk: Walk, value: Any, base: type) -> None:
    """Digest what a class that is derived from a builtin one keeps besides, in slots too."""
    if type(value) is not base:
        walk.walk(object.__getstate__(value))


def _enum(walk: Walk, value: enum.Enum) -> None:
    walk.emit(b"E")
    walk.text(name_of(type(value)))
    # By both, as it is used: a member that was given another value is another one.
    walk.walk(value._name_)
    if not walk.attempt(value._value_):
        walk.emit(b"-")


def _bytearray(walk: Walk, value: bytearray) -> None:
    walk.emit(b"B")
    walk.text(name_of(type(value)))
    walk.walk(bytes(value))
    _own_attributes(walk, value, bytearray)


def _range(walk: Walk, value: range) -> None:
    walk.emit(b"R")
    size = len(value)
    walk.walk((size, value[0] if size else None, value.step if size > 1 else None))


def _struct(walk: Walk, value: Struct) -> None:
    walk.emit(b"T")
    walk.text(name_of(type(value)))
    walk.text(value.format)
    _own_attributes(walk, value, Struct)


def _proxy(walk: Walk, value: types.MappingProxyType[Any, Any]) -> None:
    walk.emit(b"P")
    walk.mapping(value)


_INHERITED = (
    (type, code_encoders.encode_class),
    (enum.Enum, _enum),
    (set, _set),
    (frozenset, _set),
    (bytearray, _bytearray),
    (range, _range),
    (types.MappingProxyType, _proxy),
    (Struct, _struct),
    (types.FunctionType, code_encoders.encode_function),
    (types.BuiltinFunctionType, code_encoders.encode_builtin),
    (types.MethodType, code_encoders.encode_method),
    (types.ModuleType, code_encoders.encode_module),
    (types.CodeType, code_encoders.encode_code),
    (code_encoders.LruCacheType, code_encoders.encode_wrapper),
    (types.GeneratorType, encode_refused),
    (types.CoroutineType, encode_refused),
    (types.AsyncGeneratorType, encode_refused),
)
