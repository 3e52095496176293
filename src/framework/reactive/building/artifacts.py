"""`artifacts_of`: checks what a `build` returned."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Coroutine, Iterator, Sequence
from collections.abc import Set as AbstractSet
from types import GeneratorType
from typing import Any

from framework.errors import BuildError
from framework.observe.text import short_repr

SEVERAL = (list, tuple, set, frozenset)
_PARTS = ("_fields", "keys", "__pydantic_fields__")
"""Attributes of objects that are one value although they can be iterated: named tuples, mappings, rows, models."""


def artifacts_of(result: Any, build: Callable[..., Any]) -> Iterator[Any]:
    """Return the artifacts that a function returned or will yield; raises BuildError."""
    kind = result.__class__
    if kind is GeneratorType:
        return result  # type: ignore[no-any-return]
    if kind in SEVERAL or not _is_one_value(kind):
        try:
            return iter(result)
        except TypeError:
            pass
    raise BuildError(_mistake(result, getattr(build, "__qualname__", repr(build))))


def _is_one_value(kind: type) -> bool:
    if issubclass(kind, str | bytes | bytearray) or any(hasattr(kind, name) for name in _PARTS):
        return True
    # a container by key or column, and no sequence: frames, series, arrays, tensors, graphs
    keyed = hasattr(kind, "__getitem__") and hasattr(kind, "__iter__")
    return keyed and not issubclass(kind, Iterator | Sequence | AbstractSet)


def _mistake(result: Any, name: str) -> str:
    kind = type(result).__name__
    if result is None:
        return f"{name} returned None: yield each artifact, or return [] where there is none"
    if isinstance(result, Coroutine):
        result.close()  # else Python warns that it was never awaited
    if isinstance(result, Coroutine | AsyncIterable):
        return f"{name} returned something to be awaited and is no coroutine function: write `async def build`"
    if hasattr(type(result), "__iter__") and not isinstance(result, str | bytes | bytearray):
        return f"{name} returned a {kind}, which would be taken apart: return [it] or yield it; its parts: list(it)"
    return f"{name} returned a {kind}, {short_repr(result, 80)}: yield artifacts, or return a list"
