"""The key under which the results of an input are kept: its digest, and the own code of the classes in it."""

from __future__ import annotations

from hashlib import sha256
from types import FunctionType
from typing import Any
from weakref import WeakKeyDictionary

from framework.archive import digest
from framework.archive.digest.code import is_installed
from framework.archive.digest.digest import HEX_DIGITS, walked
from framework.archive.digest.encoders import encoder
from framework.archive.digest.walk import PLAIN, Encoder, Walk, not_plain

_installed: set[type] = {type, FunctionType}
_codes: WeakKeyDictionary[Any, str] = WeakKeyDictionary()


def input_key(value: Any, *, name: str) -> str:
    """Return the key of an input: equal when type and value are equal, and the own code that it brings along.

    A `Money` that comes from elsewhere has methods and properties; when those are edited, what was computed from it is
    computed again. Without own classes and functions in it, it is the digest of the value.

    Args:
        value: the input.
        name: what the error calls it.

    Raises:
        Undigestable: a part of the input has no digest.
    """
    plain = PLAIN.get(type(value), not_plain)(value)
    if plain is not None:
        return sha256(plain).hexdigest()[:HEX_DIGITS]
    walk = _InputWalk()
    key = walked(walk, value, name)
    return digest((key, sorted(map(_code_of, walk.own)))) if walk.own else key


def forget_codes() -> None:
    """Read the code of classes anew: what they use may have been edited since the run before."""
    _codes.clear()


class _InputWalk(Walk):
    """A walk that gathers the own classes and functions that it meets."""

    __slots__ = ("own",)

    def __init__(self) -> None:
        super().__init__(encoder)
        self.own: set[Any] = set()

    def _enter(self, value: Any, encode: Encoder) -> None:
        kind = type(value)
        if kind not in _installed:
            if is_installed(kind.__module__):
                _installed.add(kind)
            else:
                self.own.add(kind)
        if isinstance(value, type):
            if not is_installed(value.__module__):
                self.own.add(value)
        elif kind is FunctionType and not is_installed(value.__globals__.get("__name__")):
            self.own.add(value)
        super()._enter(value, encode)


def _code_of(own: Any) -> str:
    """The digest of the code of a class or function, once per run."""
    found = _codes.get(own)
    if found is None:
        from framework.core.identity.code_dependencies import CodeDependencies  # reads sources; only where needed
        from framework.core.identity.reader import Reader

        code = CodeDependencies(Reader(own.__module__ or ""))
        code.add(own)
        code.find_state(None)
        found = _codes[own] = digest(code.facts())
    return found
