"""`artifacts_of`: checks what a `build` returned."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Coroutine, Iterator
from types import GeneratorType
from typing import Any

from framework.errors import BuildError
from framework.observe.text import short_repr


def artifacts_of(result: Any, build: Callable[..., Any]) -> Iterator[Any]:
    """Return the artifacts that a function returned or will yield.

    Raises:
        BuildError: it returned something else.
    """
    if result.__class__ is GeneratorType:
        return result
    if not isinstance(result, str | bytes | bytearray):
        try:
            return iter(result)
        except TypeError:
            pass
    raise BuildError(_mistake(result, getattr(build, "__qualname__", repr(build))))


def _mistake(result: Any, name: str) -> str:
    if result is None:
        return f"{name} returned None: yield each artifact, or return [] where there is none"
    if isinstance(result, Coroutine):
        result.close()  # else Python warns that it was never awaited
    if isinstance(result, Coroutine | AsyncIterable):
        return f"{name} is asynchronous and is not awaited here: write `def`, or use framework.bridge.FlowBuilder"
    return f"{name} returned a {type(result).__name__}, {short_repr(result, 80)}: yield artifacts, or return a list"
