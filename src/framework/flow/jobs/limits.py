"""Limits around each call of a processor: lock, timeout and rate. Start at `Limits`."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Hashable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from framework.errors import FlowError, OptionError
from framework.flow.clock import Clock, deadline, is_time, sleep
from framework.flow.jobs.batching import Batch
from framework.flow.jobs.processors import Call, is_async, takes_resource, unused
from framework.flow.jobs.retrying import Retry
from framework.flow.signals import LastWorkItem, Several


class Caller(Protocol):
    """The worker around whose processor the limits stand; it shows what it waits for."""

    def waits_for_lock(self) -> None:
        """It waits for the lock of its job."""

    def waits_for_rate(self) -> None:
        """It waits for the rate of its job."""

    def works(self) -> None:
        """It waits no longer."""

    def is_cancelled(self, before: int) -> bool:
        """Whether its task is cancelled by another; `before` is how often it was before the call."""

    async def spawn(self, value: Any) -> None:
        """Hand on a value that the processor yielded."""


class Alone:
    """A caller without a worker: a failed item that is tried again by hand."""

    def works(self) -> None:
        """Nothing shows it."""

    waits_for_lock = waits_for_rate = works

    def is_cancelled(self, before: int) -> bool:
        """Whether its task is cancelled, by itself or another."""
        task = asyncio.current_task()
        return task is not None and task.cancelling() > before

    async def spawn(self, value: Any) -> None:
        """Nothing takes it: the values are collected."""


class Pace:
    """Lets calls through evenly, `rate` per second, in the order they came."""

    def __init__(self, rate: float, clock: Clock) -> None:
        """Let the first call through at once."""
        self._interval = 1 / rate
        self._clock = clock
        self._next = -math.inf
        self.waiting = 0
        self.seconds = 0.0  # that callers have waited, added up

    async def turn(self, caller: Caller) -> None:
        """Wait for the next free moment."""
        now = self._clock.now()
        mine = max(now, self._next)
        self._next = mine + self._interval
        if mine <= now:
            return
        caller.waits_for_rate()
        self.waiting += 1
        try:
            await sleep(self._clock, mine - now)
        finally:
            self.waiting -= 1
            self.seconds += self._clock.now() - now
            caller.works()


class Prepared(NamedTuple):
    """A processor with its limits.

    `is_plain` says that it is awaited and returns one result; `generator` is the processor itself, where it is an async
    generator without limits, which a worker may iterate over directly.
    """

    call: Call
    is_plain: bool = True
    generator: Call | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """The extras of a job, None where there is none.

    `timeout` is in seconds per attempt, `rate` in attempts per second over all workers of the job. A lock is held
    during each attempt; waiting for it, for the rate or for room downstream is not part of the timeout. Items for which
    `key` gives the same are processed one at a time, in order.
    """

    timeout: float | None = None
    retry: Retry | None = None
    rate: float | None = None
    batch: Batch | None = None
    lock: Any = None
    key: Callable[[Any], Hashable] | None = None

    def __post_init__(self) -> None:
        """Check the options; raises OptionError or FlowError."""
        for name in ("timeout", "rate"):
            value = getattr(self, name)
            if value is not None and not (is_time(value) and value):
                raise OptionError(f"{name} must be a positive number, got {value!r}")
        if self.key is not None and (not callable(self.key) or is_async(self.key)):
            raise OptionError(f"key= is a plain function that gives an item's key, got {self.key!r}: key=itemgetter(0)")
        if self.key is not None and self.batch is not None:
            raise OptionError("key= takes one item at a time and batch= several: leave one of them out")
        if self.lock is not None and not (hasattr(type(self.lock), "__aenter__") or callable(self.lock)):
            raise FlowError(
                f"a resource manager is an async context manager, got {self.lock!r}: "
                "asyncio.Lock(), asyncio.Semaphore(4) or a pool with `async with`"
            )

    def shown(self) -> dict[str, object]:
        """Return those that are set, for a tooltip or a table."""
        values = {
            "timeout": self.timeout,
            "retry": self.retry and self.retry.attempts,
            "rate": self.rate,
            "lock": self.lock and "held per item",
            "batch": self.batch and self.batch.size,
            "key": self.key and "one at a time",
        }
        return {name: value for name, value in values.items() if value is not None}

    def around(  # noqa: PLR0913 - a worker, and what all workers of the job share
        self, processor: Any, call: Call, caller: Caller, clock: Clock, pace: Pace | None, *, generates: bool = False
    ) -> Prepared:
        """Put these limits around the call of a processor by one worker; `generates` if it is an async generator."""
        alone = isinstance(caller, Alone)
        if generates and self.batch is not None:
            raise FlowError("an async generator makes several results of one item: leave batch= out, or return a list")
        direct = generates and self.timeout is None and self.lock is None and pace is None and self.retry is None
        generator = call if direct else None
        if generates:
            call = _generated(call, caller, self.timeout, clock, collect=alone or self.retry is not None)
        elif self.timeout is not None:
            call = _bounded(call, caller, self.timeout, clock)
        if self.lock is not None:
            call = _locked(call, self.lock, caller, gives_resource=takes_resource(processor))
        if pace is not None:
            call = _paced(call, pace, caller)
        return Prepared(call, not generates, generator)


def _bounded(call: Call, caller: Caller, seconds: float, clock: Clock) -> Call:
    async def bounded(*args: Any) -> Any:
        async with deadline(clock, seconds, caller.is_cancelled):
            return await call(*args)

    return bounded


def _generated(call: Call, caller: Caller, seconds: float | None, clock: Clock, *, collect: bool) -> Call:
    """Await all that an async generator yields; a LastWorkItem ends it."""

    async def generated(*args: Any) -> Any:
        values, kept, left = call(*args), Several(), seconds
        try:
            while True:
                began = clock.now()
                try:
                    value = await (anext(values) if left is None else _next_in_time(values, caller, left, clock))
                except StopAsyncIteration:
                    return kept
                if left is not None:  # the time that the reader of the values takes does not count
                    left = max(0.0, left - (clock.now() - began))
                if isinstance(value, LastWorkItem) or collect:
                    kept.append(value)
                    if isinstance(value, LastWorkItem):
                        return kept
                    if not len(kept) & 255:
                        await asyncio.sleep(0)
                else:
                    await caller.spawn(value)
        finally:
            if hasattr(values, "aclose"):
                await values.aclose()

    return generated


async def _next_in_time(values: Any, caller: Caller, seconds: float, clock: Clock) -> Any:
    if not seconds:  # it has never waited, so that no timer could tell
        raise TimeoutError
    async with deadline(clock, seconds, caller.is_cancelled):
        return await anext(values)


def _locked(call: Call, lock: Any, caller: Caller, *, gives_resource: bool) -> Call:
    enter: Callable[[], AbstractAsyncContextManager[Any]] = lock
    if hasattr(type(lock), "__aenter__"):

        def enter() -> AbstractAsyncContextManager[Any]:
            return unused(lock)  # type: ignore[no-any-return]  # checked by Limits

    async def locked(item: Any) -> Any:
        caller.waits_for_lock()
        try:
            async with enter() as resource:
                caller.works()
                return await (call(item, resource) if gives_resource else call(item))
        finally:
            caller.works()
        raise FlowError(f"{lock!r} swallowed what the processor raised, and there is no result: let the error pass")

    return locked


def _paced(call: Call, pace: Pace, caller: Caller) -> Call:
    async def paced(item: Any) -> Any:
        await pace.turn(caller)
        return await call(item)

    return paced
