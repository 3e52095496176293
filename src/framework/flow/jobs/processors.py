"""Where a job's processor comes from: given, entered once and shared, or made anew for each worker."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import pickle
import traceback
import types
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from typing import Any, NamedTuple, Protocol

from framework.errors import FlowError, RemoteError
from framework.flow.signals import Several
from framework.observe.text import message_of

Call = Callable[..., Any]
"""Processes an item: awaited, or iterated over when it is an async generator."""


class ProcessorSource(Protocol):
    """Gives each worker of a job its processor."""

    @property
    def subject(self) -> Any:
        """What the user gave: a processor, a factory or a context manager."""

    async def open(self, stack: AsyncExitStack) -> None:
        """Enter what the job shares; the stack releases it at the end of the run."""

    def processor(self) -> AbstractAsyncContextManager[Any]:
        """The processor of one worker, released when the worker ends."""


class Given:
    """One processor for all workers."""

    def __init__(self, processor: Any) -> None:
        self.subject = processor

    async def open(self, stack: AsyncExitStack) -> None:
        """Nothing to enter."""

    @asynccontextmanager
    async def processor(self) -> AsyncIterator[Any]:
        """The one there is."""
        yield self.subject


class Shared:
    """An async context manager that is entered once per run; what it gives is the processor of all workers."""

    def __init__(self, manager: AbstractAsyncContextManager[Any]) -> None:
        self.subject = manager
        self._processor: Any = None
        self._entered = False

    async def open(self, stack: AsyncExitStack) -> None:
        """Enter it for the length of the run; a generator's, which serves once, is made again for each run."""
        manager = unused(self.subject)
        try:
            entered = await stack.enter_async_context(manager)
        except Exception as error:
            if self._entered:
                error.add_note("it was entered in an earlier run: pass a function that makes a new one for each worker")
            raise
        self._entered = True
        self._processor = entered if callable(entered) else manager

    @asynccontextmanager
    async def processor(self) -> AsyncIterator[Any]:
        """The one that was entered."""
        yield self._processor


class PerWorker:
    """A factory that makes one processor per worker, which may be an async context manager or come from a coroutine."""

    def __init__(self, factory: Callable[[], Any]) -> None:
        self.subject = factory

    async def open(self, stack: AsyncExitStack) -> None:
        """Nothing to enter before there are workers."""

    @asynccontextmanager
    async def processor(self) -> AsyncIterator[Any]:
        """One of its own."""
        made = self.subject()
        if inspect.isawaitable(made):
            made = await made
        if hasattr(type(made), "__aenter__"):
            async with made as entered:
                yield entered if callable(entered) else made
        else:
            yield made


def unused(manager: Any) -> Any:
    """Return an async context manager to enter: a generator's serves once and is made again, any other is itself."""
    anew = getattr(type(manager), "_recreate_cm", None)  # as contextlib does where it is a decorator
    return manager if anew is None else anew(manager)


def from_factory(factory: Any) -> ProcessorSource:
    """The source that such a factory is; raises FlowError."""
    if hasattr(type(factory), "__aenter__"):
        return Shared(factory)
    if callable(factory):
        return PerWorker(factory)
    raise FlowError(
        f"a factory is called once per worker, or is an async context manager entered once, got {factory!r}: "
        "pass a function that returns a processor"
    )


def as_call(processor: Any, executor: Any = None, arguments: int = 1) -> Call:
    """Return the processor as something to await, or an async generator; raises FlowError with what to do."""
    if executor is not None:
        return _in_executor(processor, executor, arguments)
    if not callable(processor):
        raise FlowError(f"a processor is an async function of one item, got {processor!r}: add(parse), uncalled")
    if inspect.isclass(processor):
        raise FlowError(f"{processor.__name__} is a class, a processor is an instance: add({processor.__name__}(...))")
    if not (is_async(processor) or is_async_generator(processor)):
        raise FlowError(
            f"{name_of(processor)} is a plain function, which would block the flow: write `async def`, "
            "or give add(..., executor=ThreadPoolExecutor()) to run it in threads, processes or on Dask"
        )
    _check_arguments(processor, arguments)
    call: Call = processor
    return call


def _in_executor(processor: Any, executor: Any, arguments: int) -> Call:
    if isinstance(executor, type) or not callable(getattr(executor, "submit", None)):
        raise FlowError(f"executor= takes a concurrent.futures.Executor, got {executor!r}: ThreadPoolExecutor()")
    if not callable(processor):
        raise FlowError(f"a processor is a function of one item, got {processor!r}: add(parse, executor=...)")
    if is_async(processor) or is_async_generator(processor):
        raise FlowError(f"{name_of(processor)} is async and needs no executor: leave executor= out")
    _check_arguments(processor, arguments)
    return offloaded(processor, executor)


def takes_resource(processor: Any) -> bool:
    """Return whether a processor needs a second argument: what its resource manager gave."""
    try:
        parameters = inspect.signature(processor).parameters.values()
    except (TypeError, ValueError):  # written in C, or a proxy
        return False
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(p.kind in positional and p.default is p.empty for p in parameters) > 1


def _check_arguments(processor: Any, arguments: int) -> None:
    try:
        signature = inspect.signature(processor)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*range(arguments))
    except TypeError as error:
        given = "the item" if arguments == 1 else "the item and what the resource manager gave"
        raise FlowError(
            f"{name_of(processor)}{signature} cannot be called with {given} alone ({error}): a processor takes one "
            "item; bind other arguments with functools.partial"
        ) from None


def offloaded(function: Callable[..., Any], executor: Executor) -> Call:
    """Return `function` as something to await, run by `executor`; what a generator yields are several results.

    Threads see the context of the run, so that prints land in the cell that started it; a context can travel neither
    to another process nor to a cluster. A cancelled item lets a call that has begun run out and forgets its result.
    """
    several = is_generator(function)
    if isinstance(executor, ThreadPoolExecutor):

        async def in_thread(*arguments: Any) -> Any:
            context = contextvars.copy_context()
            future = executor.submit(context.run, _called, function, arguments, several)
            return _opened(await asyncio.wrap_future(future), several=several)

        return in_thread

    async def elsewhere(*arguments: Any) -> Any:
        future = executor.submit(_called_elsewhere, function, arguments, several)
        done = await asyncio.wrap_future(future)
        if isinstance(done, Travelled):
            raise done.error()
        return _opened(done, several=several)

    return elsewhere


def _opened(done: Any, *, several: bool) -> Any:
    return Several(done) if several else done


def _called(function: Callable[..., Any], arguments: tuple[Any, ...], several: bool) -> Any:  # noqa: FBT001 - travels by position
    try:
        result = function(*arguments)
        return list(result) if several else result
    except StopIteration as error:  # no future takes it, and no coroutine could raise it
        raise RuntimeError(f"{name_of(function)} raised StopIteration") from error


def _called_elsewhere(function: Callable[..., Any], arguments: tuple[Any, ...], several: bool) -> Any:  # noqa: FBT001 - as above
    try:
        return _called(function, arguments, several)
    except Exception as error:  # noqa: BLE001 - it is raised again at home
        return Travelled.of(error)


class Travelled(NamedTuple):
    """An error on its way home from another process: pickled where it can be read again, else its text."""

    pickled: bytes | None
    kind: str
    text: str
    trace: str

    @classmethod
    def of(cls, error: Exception) -> Travelled:
        """Pack an error; one whose constructor does not take its own `args` cannot be unpickled."""
        trace = "".join(traceback.format_exception(error))
        pickled = None
        with suppress(Exception):
            pickled = pickle.dumps(error)
            pickle.loads(pickled)  # noqa: S301 - of this process
            return cls(pickled, type(error).__qualname__, str(error), trace)
        return cls(None, type(error).__qualname__, message_of(error), trace)

    def error(self) -> Exception:
        """Return the error, or one that stands for it."""
        error: Exception = RemoteError(f"{self.kind}: {self.text}")
        if self.pickled is not None:
            with suppress(Exception):
                error = pickle.loads(self.pickled)  # noqa: S301 - made by `of`, in the user's own executor
        error.add_note(f"raised in another process:\n{self.trace}")
        return error


def name_of(processor: Any) -> str:
    """Return what a human calls it."""
    while isinstance(processor, functools.partial):
        processor = processor.func
    name = getattr(processor, "__name__", None)
    return name if isinstance(name, str) else type(processor).__name__


def is_async(processor: Any) -> bool:
    """Whether calling it gives something to await, as far as can be told without calling."""
    return _any_layer(processor, _is_coroutine_function)


def is_async_generator(processor: Any) -> bool:
    """Whether it yields instead of returning."""
    return _any_layer(processor, inspect.isasyncgenfunction)


def is_generator(function: Any) -> bool:
    """Whether a plain function yields its results."""
    return _any_layer(function, inspect.isgeneratorfunction)


def _is_coroutine_function(processor: Any) -> bool:
    # By this mark asyncio knows what is none: it is in the dictionary of an AsyncMock, or in a class for all objects.
    return inspect.iscoroutinefunction(processor) or bool(inspect.getattr_static(processor, "_is_coroutine", None))


def _any_layer(processor: Any, test: Callable[[Any], bool]) -> bool:
    # A decorator that keeps `__wrapped__` promises to behave like what it wraps. Looked up without `__getattr__`: a
    # mock or a proxy would answer with ever new layers.
    for _ in range(100):
        if test(processor) or test(getattr(type(processor), "__call__", None)):  # noqa: B004 - asks for the method
            return True
        inner = inspect.getattr_static(processor, "__wrapped__", None)
        if inner is None and isinstance(processor, functools.partial | types.MethodType):
            inner = processor.func if isinstance(processor, functools.partial) else processor.__func__
        if inner is None or inner is processor:
            return False
        processor = inner
    return False
