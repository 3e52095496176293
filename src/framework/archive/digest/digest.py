"""`digest`: a short name for a value, equal when type and value are equal."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from framework.archive.digest.encoders import encoder
from framework.archive.digest.walk import PLAIN, Refusal, Walk, hash_of, not_plain
from framework.errors import Undigestable

HEX_DIGITS = 32
"""128 bits of SHA-256: with 10^12 values the chance that any two collide is 10^-15."""


def digest(value: Any, *, name: str = "value") -> str:
    """Return the digest of a value: 32 hexadecimal digits, equal exactly when type and value are equal.

    Order, repetition and type count (`1`, `True`, `1.0` and `numpy.int64(1)` differ, and so do `0.0` and `-0.0`); the
    insertion order of dicts and sets, sharing and identity, and `PYTHONHASHSEED` do not. NaN equals NaN. Functions
    count by their code, names, defaults, closures and the globals they use, and therefore differ between Python
    versions; classes, modules and the functions of installed packages count by their qualified names. `__eq__` and
    `__hash__` are never called, iterators never consumed.

    Args:
        value: what to digest.
        name: what the error calls it.

    Raises:
        Undigestable: a part of the value has no digest, an iterator or a lock for example; the message names it.
    """
    try:
        plain = PLAIN.get(type(value), not_plain)(value)
    except TypeError:  # a metaclass without __hash__
        plain = None
    return walked(Walk(encoder), value, name) if plain is None else sha256(plain).hexdigest()[:HEX_DIGITS]


def equal(one: Any, other: Any) -> bool:
    """Return whether two values have the same digest; False where one has none."""
    try:
        return digest(one) == digest(other)
    except Undigestable:
        return False


def walked(walk: Walk, value: Any, name: str) -> str:
    """Return the digest that a walk which has just begun gives a value; raises Undigestable."""
    try:
        walk.walk(value)
    except Refusal as refusal:
        raise Undigestable(f"{name}{refusal.where}: {refusal}") from refusal.__cause__
    except RecursionError:
        raise Undigestable(f"{name}: nested too deeply to be digested; flatten it") from None
    return hash_of(walk.parts).hexdigest()[:HEX_DIGITS]
