"""`DeclaredFlow`: the jobs of a flow, before anything runs. Base of `Flow`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any, Self, Unpack

from framework.errors import FlowError, LifecycleError, OptionError
from framework.flow.capacity import Capacity, UtilizationCapacity, check_given
from framework.flow.clock import Clock, is_time
from framework.flow.jobs.batching import Batch
from framework.flow.jobs.blueprint import Blueprint, JobOptions, blueprint
from framework.flow.jobs.job import Job
from framework.flow.jobs.retrying import Retry
from framework.flow.jobs.stages import Layout, laid_out
from framework.flow.jobs.subflow import Chain
from framework.flow.scaling import ScalingStrategy, Strategy, as_strategy
from framework.observe import Observers
from framework.observe.recording.history_limit import bytes_of
from framework.observe.user_code import called_at

GRACE = 5.0
"""Seconds that cancelled processors and resources get to clean up."""


class DeclaredFlow(ABC):
    """A chain of jobs, with an error job or without."""

    def __init__(  # noqa: PLR0913 - options of a flow, all optional
        self,
        strategy: Strategy | ScalingStrategy = Strategy.UTILIZATION,
        *,
        capacity: Capacity | None = None,
        name: str = "flow",
        clock: Clock | None = None,
        grace: float = GRACE,
        history: bool | float | None = None,
    ) -> None:
        """Make a flow without jobs.

        Args:
            strategy: how jobs are scaled.
            capacity: of jobs that say nothing else.
            name: what graphs, reports and logs call it.
            clock: where scaling, timeouts and rates take their time from; the event loop's by default.
            grace: seconds that processors and resources get to clean up when the flow is stopped, cancelled or fails.
            history: keep what becomes of each item, so that every question can be asked after the run; a number bounds
                its bytes, 64 MB by default. None keeps one where `framework.notebook` is loaded.

        Raises:
            FlowError: `strategy` cannot be one.
            OptionError: another argument makes no sense.
        """
        check_given(capacity)
        if not isinstance(name, str):
            raise OptionError(f"name= is a string, got {name!r}: Flow(name='imports')")
        if clock is not None and not all(callable(getattr(clock, method, None)) for method in ("now", "call_later")):
            raise OptionError(f"clock= takes a Clock, with now() and call_later(delay, callback), got {clock!r}")
        self.name = name
        self._grace = grace_of(grace)
        self._history_bytes = bytes_of(history)
        self._strategy = as_strategy(strategy)
        self._capacity = UtilizationCapacity() if capacity is None else capacity
        self._clock = clock
        self._observers = Observers()
        self._jobs: list[Job] = []
        self._error: Job | None = None

    @property
    @abstractmethod
    def running(self) -> bool:
        """Whether it has been started and has not ended."""

    def add(  # noqa: PLR0913 - a job's whole surface, all but one optional
        self,
        processor: Any,
        capacity: Capacity | None = None,
        name: str | None = None,
        *,
        timeout: float | None = None,
        retry: Retry | int | None = None,
        rate: float | None = None,
        batch: Batch | int | None = None,
        executor: Any = None,
        key: Callable[[Any], Hashable] | None = None,
    ) -> Self:
        """Add a job at the end.

        Args:
            processor: an async function or async generator of one item, a callable object of that kind, a flow, or a
                `router`; with `executor` a plain function.
            capacity: workers and queue; before what decorators and the flow say.
            name: what graphs and reports call it; before what decorators say, by default the function's name.
            timeout: seconds that an attempt may take.
            retry: attempts in all, or a `Retry` that says how long to wait and after which errors.
            rate: attempts per second, over all workers.
            batch: how many items at once, see `Batch`.
            executor: runs a plain function: threads, processes, or Dask's `Client.get_executor()`. It stays yours.
            key: items for which this gives the same value are processed one at a time, in order.

        Raises:
            FlowError: it cannot be a processor; the message says what to do.
            OptionError: an option makes no sense, or the name is taken.
            LifecycleError: the flow is running.
        """
        extras = JobOptions(timeout=timeout, retry=retry, rate=rate, batch=batch, executor=executor, key=key)
        return self._append(processor, capacity, name, extras)

    add_job = add

    def add_job_with_lock(
        self,
        processor: Any,
        resource_manager: Any,
        capacity: Capacity | None = None,
        name: str | None = None,
        **options: Unpack[JobOptions],
    ) -> Self:
        """Add a job that holds `async with resource_manager` around each item: a lock, a semaphore, a pool.

        A function without parameters that returns one is asked each time. A processor with a second parameter gets
        what the manager gave.
        """
        return self._append(processor, capacity, name, options, lock=_needed(resource_manager))

    def add_job_with_factory(
        self, factory: Any, capacity: Capacity | None = None, name: str | None = None, **options: Unpack[JobOptions]
    ) -> Self:
        """Add a job whose processors `factory` makes.

        A callable factory makes one per worker, which may be an async context manager and is released when the worker
        ends. A factory that is an async context manager itself is entered once per run and shared.
        """
        return self._append(factory, capacity, name, options, is_factory=True)

    def error(
        self, processor: Any, capacity: Capacity | None = None, name: str | None = None, **options: Unpack[JobOptions]
    ) -> Self:
        """Set the job that gets the items that fail or are rerouted; it may ask `current_failure()`.

        Raises:
            OptionError: as `add`; or there is one already; or `batch` was given.
        """
        return self._set_error(processor, capacity, name, options)

    def error_with_lock(
        self,
        processor: Any,
        resource_manager: Any,
        capacity: Capacity | None = None,
        name: str | None = None,
        **options: Unpack[JobOptions],
    ) -> Self:
        """As `error`, holding the resource around each item, as `add_job_with_lock` does."""
        return self._set_error(processor, capacity, name, options, lock=_needed(resource_manager))

    def error_with_factory(
        self, factory: Any, capacity: Capacity | None = None, name: str | None = None, **options: Unpack[JobOptions]
    ) -> Self:
        """As `error`, with processors made by `factory`, as `add_job_with_factory` does."""
        return self._set_error(factory, capacity, name, options, is_factory=True)

    @property
    def _room(self) -> int:
        """How many items all its jobs can hold at most."""
        return sum(job.room for job in self._jobs)

    def _chain(self) -> Chain:
        """Return its jobs, for the flow that it is a job of.

        Raises:
            LifecycleError: there are none.
        """
        if not self._jobs:
            raise LifecycleError(f"{self.name} has no jobs: flow.add(processor) before it is started")
        return Chain(self.name, self._jobs, self._error, self._strategy, self._clock)

    def _parts(self) -> set[Any]:
        """Return this flow and those that are jobs or arms in it."""
        parts: set[Any] = {self}
        for job in self._all():
            for flow in job.subflows():
                parts |= flow._parts()
        return parts

    def _subjects(self) -> Iterator[Any]:
        """Yield what its jobs call: processors, factories and the classifiers of routers, those of sub-flows too."""
        for job in self._all():
            yield from job.subjects()

    def _all(self) -> list[Job]:
        return self._jobs if self._error is None else [*self._jobs, self._error]

    def _layout(self) -> Layout | None:
        return laid_out(self._chain()) if self._jobs and all(flow._jobs for flow in self._parts()) else None  # noqa: SLF001

    def _append(
        self, subject: Any, capacity: Capacity | None, name: str | None, options: JobOptions, **how: Any
    ) -> Self:
        self._jobs.append(Job(self._plan(subject, capacity, name, options, **how), self._capacity, called_at()))
        return self

    def _set_error(
        self, subject: Any, capacity: Capacity | None, name: str | None, options: JobOptions, **how: Any
    ) -> Self:
        if self._error is not None:
            raise OptionError(f"{self.name} has an error job already, {self._error.name}: one handles all failures")
        if options.get("batch") is not None:
            raise OptionError("an error job gets one item at a time, so that it can ask why: leave batch= out")
        self._error = Job(self._plan(subject, capacity, name, options, **how), self._capacity, called_at())
        return self

    def _plan(
        self, subject: Any, capacity: Capacity | None, name: str | None, options: JobOptions, **how: Any
    ) -> Blueprint:
        if self.running:
            raise LifecycleError(f"{self.name} is running: await flow.stop() before adding jobs")
        plan = blueprint(subject, capacity, name, options, known=[job.name for job in self._all()], **how)
        for flow in [plan.flow, *(() if plan.router is None else plan.router.arms.values())]:
            if isinstance(flow, DeclaredFlow) and self in flow._parts():
                raise FlowError(f"{self.name} cannot be part of itself: make a second flow")
        return plan


def grace_of(seconds: float) -> float:
    """Return the seconds to clean up in; raises OptionError."""
    if not is_time(seconds, endless=True):
        raise OptionError(f"grace= is a number of seconds >= 0, got {seconds!r}: Flow(grace=10), flow.stop(grace=10)")
    return seconds


def _needed(resource_manager: Any) -> AbstractAsyncContextManager[Any]:
    if resource_manager is None:
        raise FlowError("a resource manager is an async context manager, got None: asyncio.Lock(), a pool, ...")
    manager: AbstractAsyncContextManager[Any] = resource_manager
    return manager
