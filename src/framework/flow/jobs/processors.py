"""Where a job's processor comes from: given, entered once and shared, or made anew for each worker."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, Protocol

from framework.errors import FlowError

Call = Callable[[Any], Awaitable[Any]]
"""What a worker does with an item."""


class ProcessorSource(Protocol):
    """Gives each worker of a job its processor."""

    async def open(self, stack: AsyncExitStack) -> None:
        """Enter what the job shares; the stack releases it at the end of the run."""
        ...

    def processor(self) -> AbstractAsyncContextManager[Any]:
        """The processor of one worker, released when the worker ends."""
        ...


class Given:
    """One processor for all workers."""

    def __init__(self, processor: Any) -> None:
        self._processor = processor

    async def open(self, stack: AsyncExitStack) -> None:
        """Nothing to enter."""

    @asynccontextmanager
    async def processor(self) -> AsyncIterator[Any]:
        """The one there is."""
        yield self._processor


class Shared:
    """An async context manager that is entered once per run; what it gives is the processor of all workers."""

    def __init__(self, manager: AbstractAsyncContextManager[Any]) -> None:
        self.manager = manager
        self._processor: Any = None

    async def open(self, stack: AsyncExitStack) -> None:
        """Enter it for the length of the run."""
        entered = await stack.enter_async_context(self.manager)
        self._processor = entered if callable(entered) else self.manager

    @asynccontextmanager
    async def processor(self) -> AsyncIterator[Any]:
        """The one that was entered."""
        yield self._processor


class PerWorker:
    """A factory that makes one processor per worker, which may be an async context manager or come from a coroutine."""

    def __init__(self, factory: Callable[[], Any]) -> None:
        self._factory = factory

    async def open(self, stack: AsyncExitStack) -> None:
        """Nothing to enter before there are workers."""

    @asynccontextmanager
    async def processor(self) -> AsyncIterator[Any]:
        """One of its own."""
        made = self._factory()
        if inspect.isawaitable(made):
            made = await made
        if hasattr(type(made), "__aenter__"):
            async with made as entered:
                yield entered if callable(entered) else made
        else:
            yield made


def from_factory(factory: Any) -> ProcessorSource:
    """The source that such a factory is.

    Raises:
        FlowError: it is neither an async context manager nor callable.
    """
    if hasattr(type(factory), "__aenter__"):
        return Shared(factory)
    if callable(factory):
        return PerWorker(factory)
    raise FlowError(
        f"a factory is called once per worker, or is an async context manager entered once, got {factory!r}: "
        "pass a function that returns a processor"
    )


def as_call(processor: Any, executor: Any = None) -> Call:
    """The processor as something to await.

    Raises:
        FlowError: it cannot be one; the message says what to do.
    """
    if executor is not None:
        return _in_executor(processor, executor)
    if not callable(processor):
        raise FlowError(f"a processor is an async function of one item, got {processor!r}: add(parse), uncalled")
    if inspect.isclass(processor):
        raise FlowError(f"{processor.__name__} is a class, a processor is an instance: add({processor.__name__}(...))")
    if is_async_generator(processor):
        raise FlowError(f"{name_of(processor)} is an async generator, a processor returns one result: use return")
    if not is_async(processor):
        raise FlowError(
            f"{name_of(processor)} is a plain function, which would block the flow: write `async def`, "
            "or give add(..., executor=ThreadPoolExecutor()) to run it in threads, processes or on Dask"
        )
    call: Call = processor
    return call


def _in_executor(processor: Any, executor: Any) -> Call:
    if isinstance(executor, type) or not callable(getattr(executor, "submit", None)):
        raise FlowError(f"executor= takes a concurrent.futures.Executor, got {executor!r}: ThreadPoolExecutor()")
    if not callable(processor):
        raise FlowError(f"a processor is a function of one item, got {processor!r}: add(parse, executor=...)")
    if is_async(processor):
        raise FlowError(f"{name_of(processor)} is async and needs no executor: leave executor= out")
    return offloaded(processor, executor)


def offloaded(function: Callable[[Any], Any], executor: Executor) -> Callable[[Any], Awaitable[Any]]:
    """`function` as something to await, run by `executor`.

    Threads see the context of the run, so that prints land in the cell that started it; a context can travel neither
    to another process nor to a cluster. A cancelled item lets a call that has begun run out and forgets its result.
    """
    if isinstance(executor, ThreadPoolExecutor):

        async def in_thread(item: Any) -> Any:
            context = contextvars.copy_context()
            return await asyncio.wrap_future(executor.submit(context.run, function, item))

        return in_thread

    async def elsewhere(item: Any) -> Any:
        return await asyncio.wrap_future(executor.submit(function, item))

    return elsewhere


def name_of(processor: Any) -> str:
    """What a human calls it."""
    while isinstance(processor, functools.partial):
        processor = processor.func
    return getattr(processor, "__name__", None) or type(processor).__name__


def is_async(processor: Any) -> bool:
    """Whether calling it gives something to await, as far as can be told without calling."""
    return _any_layer(processor, inspect.iscoroutinefunction)


def is_async_generator(processor: Any) -> bool:
    """Whether it yields instead of returning."""
    return _any_layer(processor, inspect.isasyncgenfunction)


def _any_layer(processor: Any, test: Callable[[Any], bool]) -> bool:
    # A decorator that keeps `__wrapped__` promises to behave like what it wraps.
    while True:
        if test(processor) or test(getattr(type(processor), "__call__", None)):  # noqa: B004 - asks for the method
            return True
        inner = getattr(processor, "__wrapped__", None) or getattr(processor, "func", None)
        if inner is None or inner is processor:
            return False
        processor = inner
