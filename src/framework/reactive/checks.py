"""Checks of what builders are made with, and the types that several of them share."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Iterable
from typing import Any

from framework.errors import BuildError, OptionError, WiringError

Inputs = tuple[Any, ...]
"""The arguments of one `build`, the context left out."""

InputBatch = list[Inputs]
KeyFunction = Callable[..., Hashable]


def positive(owner: str, option: str, value: object) -> int:
    """Return an option that counts something; raises OptionError."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise OptionError(f"{owner}: {option} is a whole number from 1 on, got {value!r}")
    return value


def keyword_only(signature: inspect.Signature) -> list[str]:
    """Return the names of the keyword-only parameters that have no default."""
    return [
        one.name
        for one in signature.parameters.values()
        if one.kind is inspect.Parameter.KEYWORD_ONLY and one.default is inspect.Parameter.empty
    ]


def hint_of_keywords(signature: inspect.Signature, given: Iterable[str] = ()) -> str:
    """Return what to do about keyword-only parameters, which no artifact reaches; empty if there are none."""
    names = [name for name in keyword_only(signature) if name not in given]
    if not names:
        return ""
    return f"; no artifact reaches the keyword-only {', '.join(names)}: give a default, or take it by position"


def policy(owner: str, option: str, value: object, method: str, known: str) -> None:
    """Check that a policy has its method; raises OptionError."""
    if value is not None and (isinstance(value, type) or not callable(getattr(value, method, None))):
        raise OptionError(f"{owner}: {option} is an instance of a policy, got {value!r}: {known}")


def key_function(owner: str, keyfunc: object) -> KeyFunction:
    """Return a function that computes keys; raises WiringError."""
    if not callable(keyfunc):
        raise WiringError(
            f"{owner}: a key function takes the arguments of build and returns a key, got {keyfunc!r}: lambda x: x.id"
        )
    return keyfunc


def hashable(key: Any, inputs: Inputs) -> Hashable:
    """Return a key that can be looked up; raises BuildError."""
    try:
        hash(key)
    except TypeError as error:
        raise BuildError(f"the key of {inputs!r} is {key!r}, which has no hash: return a tuple or a string") from error
    return key  # type: ignore[no-any-return]
