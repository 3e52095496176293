"""Limits around each call of a processor: lock, timeout, rate and retry."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from framework.errors import FlowError, OptionError
from framework.flow.clock import Clock, deadline, sleep
from framework.flow.jobs.batching import Batch
from framework.flow.jobs.processors import Call
from framework.flow.signals import RouteToErrorQueue, StopProcessing


class Pace:
    """Lets calls through evenly, `rate` per second, in the order they came; knows who waits for that."""

    def __init__(self, rate: float, clock: Clock) -> None:
        """Let the first call through at once."""
        self._interval = 1 / rate
        self._clock = clock
        self._next = -math.inf
        self._since: list[float] = []
        self._waited = 0.0

    async def turn(self) -> None:
        """Wait for the next free moment."""
        now = self._clock.now()
        mine = max(now, self._next)
        self._next = mine + self._interval
        if mine <= now:
            return
        self._since.append(now)
        try:
            await sleep(self._clock, mine - now)
        finally:
            self._since.remove(now)
            self._waited += self._clock.now() - now

    @property
    def waiting(self) -> int:
        """How many calls wait for their turn."""
        return len(self._since)

    @property
    def waited(self) -> float:
        """Seconds that calls have waited for their turn up to now, added up."""
        since = tuple(self._since)  # in one step: a widget may ask from another thread
        now = self._clock.now() if since else 0.0
        return self._waited + sum(now - began for began in since)


@dataclass(frozen=True, slots=True)
class Limits:
    """The extras of a job, None where there is none.

    `timeout` is in seconds per attempt, `retry` the number of attempts in all, `rate` in attempts per second over all
    workers of the job. A lock is held during each attempt; waiting for it or for the rate is not part of the timeout.
    """

    timeout: float | None = None
    retry: int | None = None
    rate: float | None = None
    batch: Batch | None = None
    lock: Any = None

    def __post_init__(self) -> None:
        """Refuse what makes no sense.

        Raises:
            OptionError: a number that makes no sense.
            FlowError: the lock is no async context manager.
        """
        for name in ("timeout", "rate"):
            value = getattr(self, name)
            if value is not None and not (isinstance(value, int | float) and 0 < value < math.inf):
                raise OptionError(f"{name} must be a positive number, got {value!r}")
        if self.retry is not None and (
            not isinstance(self.retry, int) or isinstance(self.retry, bool) or self.retry < 1
        ):
            raise OptionError(f"retry is the number of attempts in all, at least 1, got {self.retry!r}")
        if self.lock is not None and not (hasattr(type(self.lock), "__aenter__") or callable(self.lock)):
            raise FlowError(
                f"a resource manager is an async context manager, got {self.lock!r}: "
                "asyncio.Lock(), asyncio.Semaphore(4) or a pool with `async with`"
            )

    def shown(self) -> dict[str, object]:
        """Those that are set, for a tooltip or a table."""
        values = {
            "timeout": self.timeout,
            "retry": self.retry,
            "rate": self.rate,
            "lock": self.lock and "held per item",
            "batch": self.batch and self.batch.size,
        }
        return {name: value for name, value in values.items() if value is not None}

    def around(self, clock: Clock, pace: Pace | None) -> Callable[[Call], Call]:
        """What puts these limits around a call; all calls that it is given keep one pace."""

        def wrap(processor: Call) -> Call:
            call: Call = processor
            if self.timeout is not None:
                call = _bounded(call, self.timeout, clock)
            if self.lock is not None:
                call = _locked(call, self.lock, gives_resource=_takes_two(processor))
            if pace is not None:
                call = _paced(call, pace)
            if self.retry is not None and self.retry > 1:
                call = _retried(call, self.retry)
            return call

        return wrap


def _bounded(call: Callable[..., Any], seconds: float, clock: Clock) -> Call:
    async def bounded(*args: Any) -> Any:
        async with deadline(clock, seconds):
            return await call(*args)

    return bounded


def _locked(call: Callable[..., Any], lock: Any, *, gives_resource: bool) -> Call:
    enter: Callable[[], AbstractAsyncContextManager[Any]] = lock
    if hasattr(type(lock), "__aenter__"):

        def enter() -> AbstractAsyncContextManager[Any]:
            return lock  # type: ignore[no-any-return]  # checked by Limits

    if gives_resource:

        async def with_resource(item: Any) -> Any:
            async with enter() as resource:
                return await call(item, resource)

        return with_resource

    async def locked(item: Any) -> Any:
        async with enter():
            return await call(item)

    return locked


def _paced(call: Call, pace: Pace) -> Call:
    async def paced(item: Any) -> Any:
        await pace.turn()
        return await call(item)

    return paced


def _retried(call: Call, attempts: int) -> Call:
    async def retried(item: Any) -> Any:
        for _ in range(attempts - 1):
            try:
                return await call(item)
            except (StopProcessing, RouteToErrorQueue):
                raise
            except Exception:  # noqa: BLE001, S112 - the last attempt shows what is wrong
                continue
        return await call(item)

    return retried


def _takes_two(call: Call) -> bool:
    parameters = inspect.signature(call).parameters.values()
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(p.kind in positional and p.default is p.empty for p in parameters) > 1
