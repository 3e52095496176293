"""Where `run` and `stream` take items from."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable
from typing import Any

from framework.errors import FlowEnded, FlowError

Items = Iterable[Any] | AsyncIterable[Any]
Source = Items | Callable[[], Items | Awaitable[Items]]
"""An iterable, an async iterable, or a callable that gives one."""

Offer = Callable[[Any], bool]
Put = Callable[[Any], Awaitable[object]]


async def pump(source: Source, offer: Offer, put: Put) -> None:
    """Put everything that `source` gives, as fast as it is taken, until it is exhausted or the flow has ended.

    `offer` takes an item at once or says that it cannot; `put` then waits.

    Raises:
        FlowError: it gives nothing to iterate over.
    """
    items = await _opened(source)
    try:
        if isinstance(items, AsyncIterable):
            async for item in items:
                if not offer(item):
                    try:
                        await put(item)
                    except FlowEnded:
                        return
        else:
            for item in items:
                if not offer(item):
                    try:
                        await put(item)
                    except FlowEnded:
                        return
    finally:
        # A generator that is left half-way would run its cleanup whenever it is collected, in a task of nobody.
        if inspect.isasyncgen(items):
            await items.aclose()


async def _opened(source: Source) -> Items:
    if isinstance(source, Iterable | AsyncIterable):
        return source
    if not callable(source):
        raise FlowError(
            f"a source is an iterable, an async iterable or a function that returns one, got {source!r}: run([...])"
        )
    items = source()
    if inspect.isawaitable(items):
        items = await items
    if not isinstance(items, Iterable | AsyncIterable):
        raise FlowError(f"the source returned {items!r}: return an iterable or an async iterable")
    return items
