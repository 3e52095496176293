"""`retry`: call a function again when it raises."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

from framework.core.context import Context, ForwardingContext
from framework.core.event import Event
from framework.errors import OptionError

P = ParamSpec("P")
R = TypeVar("R")


def retry(
    attempts: int, *, wait: float = 0.0, on: type[Exception] | tuple[type[Exception], ...] = Exception
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorate a function so that it is called again when it raises.

    What a failed attempt submitted through its context, or yielded, does not escape: both are passed on when an
    attempt has succeeded. A coroutine function is awaited again.

    Args:
        attempts: how many in all, at least 1.
        wait: seconds between two attempts.
        on: which errors are worth another attempt.

    Raises:
        OptionError: an argument is of the wrong type or out of range.
        Exception: calling it raises the error of the last attempt.
    """
    if callable(attempts):
        raise OptionError(f"retry is called before it decorates {attempts!r}: @retry(3)")
    if not isinstance(attempts, int) or attempts < 1:
        raise OptionError(f"attempts counts all of them, at least 1; got {attempts!r}")
    if not isinstance(wait, int | float) or not 0 <= wait < math.inf:
        raise OptionError(f"wait is a number of seconds >= 0; got {wait!r}")
    if not all(isinstance(kind, type) and issubclass(kind, Exception) for kind in (on if type(on) is tuple else (on,))):
        raise OptionError(f"on is a class of errors, or a tuple of them: on=ValueError; got {on!r}")

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        if not callable(function):
            raise OptionError(f"retry decorates a function, got {function!r}: @retry(3) above def")
        if inspect.isasyncgenfunction(function):
            raise OptionError(f"retry cannot hold back what {function!r} yields: return a list, or Flow.add(retry=...)")
        return functools.wraps(function)(_attempts(function, attempts, wait, on))

    return decorate


def _attempts(function: Callable[P, R], attempts: int, wait: float, on: Any) -> Callable[P, R]:
    def options() -> dict[str, Any]:
        import tenacity  # 40 ms to import, paid at the first call

        return {
            "stop": tenacity.stop_after_attempt(attempts),
            "wait": tenacity.wait_fixed(wait),
            "retry": tenacity.retry_if_exception_type(on),
            "reraise": True,
        }

    async def awaited(*args: P.args, **kwargs: P.kwargs) -> Any:
        import tenacity

        return await tenacity.AsyncRetrying(**options())(_awaiting, function, args, kwargs)

    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        import tenacity

        call = _yielding if inspect.isgeneratorfunction(function) else _submitting
        result: R = tenacity.Retrying(**options())(call, function, args, kwargs)
        return result

    if inspect.iscoroutinefunction(function):
        return awaited  # type: ignore[return-value]  # R is an awaitable
    return called


def _submitting(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    with _held_back(args, kwargs) as (held_args, held_kwargs, flush):
        result = function(*held_args, **held_kwargs)
        flush()
    return result


async def _awaiting(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    with _held_back(args, kwargs) as (held_args, held_kwargs, flush):
        result = await function(*held_args, **held_kwargs)
        flush()
    return result


@contextmanager
def _held_back(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Iterator[tuple[Any, Any, Callable[[], None]]]:
    """Replace the contexts among the arguments by buffers, which the attempt flushes at its end."""
    buffers: list[_Buffer] = []

    def buffered(value: Any) -> Any:
        if not isinstance(value, Context):
            return value
        buffers.append(_Buffer(value))
        return buffers[-1]

    def flush() -> None:
        for buffer in buffers:
            buffer.flush()

    try:
        yield tuple(map(buffered, args)), {key: buffered(value) for key, value in kwargs.items()}, flush
    finally:
        for buffer in buffers:
            buffer._retire()


def _yielding(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Iterator[Any]:
    # Collected whole before the first is passed on: a failure may come after any of them.
    def collected(*args: Any, **kwargs: Any) -> list[Any]:
        return list(function(*args, **kwargs))

    return iter(_submitting(collected, args, kwargs))


class _Buffer(ForwardingContext):
    """Keeps submissions until the attempt has succeeded."""

    __slots__ = ("_calls",)

    def __init__(self, inner: Context) -> None:
        super().__init__(inner)
        self._calls: list[Callable[[], object]] = []

    def submit(self, event: Event) -> int:
        self._check_owner()
        recipients = len(self._receivers(event))
        self._calls.append(functools.partial(self.inner.submit, event))
        return recipients

    def _defer(self, event: Event, room_for: Event | None = None) -> None:
        self._check_owner()
        self._calls.append(functools.partial(self.inner._defer, event, room_for))

    def flush(self) -> None:
        for call in self._calls:
            call()
