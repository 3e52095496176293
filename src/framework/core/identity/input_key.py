"""The key under which the results of an input are kept: its digest, and the own code of the classes in it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from types import FunctionType
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from framework.archive import digest
from framework.archive.digest.code import is_installed
from framework.archive.digest.digest import HEX_DIGITS, walked
from framework.archive.digest.encoders import encoder
from framework.archive.digest.walk import PLAIN, Encoder, Walk, not_plain

if TYPE_CHECKING:
    from framework.archive.records.catalog import StoredPart

_without_code: dict[type, Encoder] = {}
_codes: WeakKeyDictionary[Any, tuple[str, tuple[StoredPart, ...]]] = WeakKeyDictionary()
"""Of classes and functions that inputs brought along: the digest of their code, and its parts."""


def input_key(value: Any, *, name: str) -> str:
    """Return the key of an input: equal when type and value are equal, and the own code that it brings along.

    A `Money` that comes from elsewhere has methods and properties; when those are edited, what was computed from it is
    computed again. Without own code in it, the key is the digest of the value; raises Undigestable, which calls it
    `name`.
    """
    plain = _plain(value)
    if plain is not None:
        return sha256(plain).hexdigest()[:HEX_DIGITS]
    key, own = _walked(value, name)
    return digest((key, sorted(_code_of(each)[0] for each in own))) if own else key


def code_in(value: Any) -> tuple[StoredPart, ...]:
    """The parts of the own code that a value brings along; raises Undigestable."""
    return () if _plain(value) is not None else _merged(_code_of(each) for each in _walked(value, "value")[1])


def code_met() -> tuple[StoredPart, ...]:
    """The parts of all the own code that inputs brought along since it was last forgotten."""
    return _merged(list(_codes.values()))


def _merged(codes: Iterable[tuple[str, tuple[StoredPart, ...]]]) -> tuple[StoredPart, ...]:
    return tuple(sorted({part for _, parts in codes for part in parts}))


def _plain(value: Any) -> bytes | None:
    """The bytes of plain data, which brings no code along; None for any other value."""
    try:
        return PLAIN.get(type(value), not_plain)(value)
    except TypeError:  # a metaclass without __hash__
        return None


def _walked(value: Any, name: str) -> tuple[str, list[Any]]:
    """The digest of a value, and the own classes and functions in it."""
    own: dict[int, Any] = {}

    def chosen(kind: type) -> Encoder:
        try:
            return _without_code.get(kind) or _encoder(kind, own)
        except TypeError:  # a metaclass without __hash__
            return _encoder(kind, own)

    return walked(Walk(chosen), value, name), list(own.values())


def forget_codes() -> None:
    """Read the code of classes anew: what they use may have been edited since the run before."""
    _codes.clear()


def _encoder(kind: type, own: dict[int, Any]) -> Encoder:
    """The encoder of a type that may bring code along; others are remembered."""
    encode = encoder(kind)
    if issubclass(kind, type | FunctionType):

        def noted(walk: Walk, value: Any) -> None:
            if not is_installed(value.__module__ if isinstance(value, type) else value.__globals__.get("__name__")):
                own[id(value)] = value
            encode(walk, value)

        return noted
    if is_installed(kind.__module__):
        _without_code[kind] = encode
    else:
        own[id(kind)] = kind
    return encode


def _code_of(own: Any) -> tuple[str, tuple[StoredPart, ...]]:
    """The digest of the code of a class or function and its parts, once per run."""
    try:
        found = _codes.get(own)
    except TypeError:  # a metaclass without __hash__
        found = None
    if found is None:
        from framework.core.identity.code_dependencies import CodeDependencies  # reads sources; only where needed
        from framework.core.identity.reading.definition_reader import DefinitionReader

        code = CodeDependencies(DefinitionReader(own.__module__ or ""))
        code.add(own)
        code.find_state(None)
        parts = (part.stored for part in code.all_parts() if part.kind != "left out")
        found = digest(code.facts()), tuple(parts)
        with suppress(TypeError):
            _codes[own] = found
    return found
