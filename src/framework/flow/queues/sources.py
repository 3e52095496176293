"""Where `run` and `stream` take items from."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from concurrent.futures import Executor, Future
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any

from framework.errors import FlowEnded, FlowError
from framework.flow.signals import NOTHING

Items = Iterable[Any] | AsyncIterable[Any]
ItemSource = Items | AbstractAsyncContextManager[Items] | Callable[[], Items | Awaitable[Items]]
"""An iterable, an async iterable, an async context manager that gives one, or a callable that returns any of them."""

Offer = Callable[[Any], bool]
Put = Callable[[Any], Awaitable[object]]


class Pump:
    """Puts everything that a source gives, as fast as it is taken, until it is exhausted or the flow has ended.

    `offer` takes an item at once or says that it cannot; `put` then waits, and either `is_refused` when the flow ends
    or has to be cancelled. With `executor` a blocking iterable is read there, item by item.
    """

    READING, PUTTING, LEAVING = range(3)

    def __init__(
        self, source: ItemSource, offer: Offer, put: Put, *, is_refused: bool, executor: Executor | None = None
    ) -> None:
        self._source = source
        self._offer = offer
        self._put = put
        self._executor = executor
        self._putting = self.PUTTING if is_refused else self.READING
        self.state = self.READING

    async def run(self) -> None:
        """Open the source, put its items, and close it; raises FlowError if it gives nothing to iterate over."""
        async with AsyncExitStack() as stack:
            items = await _opened(self._source, stack)
            if isinstance(items, AsyncIterable):
                iterator = aiter(items)
                items = iterator if inspect.isasyncgen(iterator) else _BegunIteration(iterator)
            elif self._executor is not None:
                items = _read_in(self._executor, items)
            try:
                await self._put_all(items)
            finally:
                self.state = self.LEAVING
                # A generator that is left half-way would run its cleanup whenever it is collected, in no task.
                if inspect.isasyncgen(items):
                    await items.aclose()
                elif inspect.isgenerator(items):
                    items.close()

    async def _put_all(self, items: Items) -> None:
        offer = self._offer
        if isinstance(items, AsyncIterable):
            async for item in items:
                if not offer(item) and not await self._was_put(item):
                    return
        else:
            for item in items:
                if not offer(item) and not await self._was_put(item):
                    return

    async def _was_put(self, item: Any) -> bool:
        self.state = self._putting
        try:
            await self._put(item)
        except FlowEnded:
            return False
        self.state = self.READING
        return True


class _BegunIteration:
    """An async iterable whose iteration has begun."""

    def __init__(self, iterator: AsyncIterator[Any]) -> None:
        self._iterator = iterator

    def __aiter__(self) -> AsyncIterator[Any]:
        return self._iterator


async def _opened(source: Any, stack: AsyncExitStack) -> Items:
    if not (isinstance(source, Iterable | AsyncIterable) or hasattr(type(source), "__aenter__")):
        if not callable(source):
            raise FlowError(
                f"a source is an iterable, an async iterable or a function that returns one, got {source!r}: run([...])"
            )
        source = source()
        if inspect.isawaitable(source):
            source = await source
    items = source
    if hasattr(type(source), "__aenter__"):
        items = await stack.enter_async_context(source)
        if not isinstance(items, Iterable | AsyncIterable) and isinstance(source, Iterable | AsyncIterable):
            items = source
    if not isinstance(items, Iterable | AsyncIterable):
        raise FlowError(f"the source returned {items!r}: return an iterable or an async iterable")
    return items


async def _read_in(executor: Executor, items: Iterable[Any]) -> AsyncIterator[Any]:
    """Read a blocking iterable in an executor's thread, and close it there if it is a generator."""

    def called(function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        return executor.submit(contextvars.copy_context().run, function, *arguments)

    reading = called(iter, items)
    iterator = await asyncio.wrap_future(reading)
    try:
        while (item := await asyncio.wrap_future(reading := called(next, iterator, NOTHING))) is not NOTHING:
            yield item
    finally:
        if inspect.isgenerator(iterator):
            if reading.done():
                await asyncio.wrap_future(called(iterator.close))
            else:  # cancelled while it reads, which may take long
                reading.add_done_callback(lambda _: iterator.close())
