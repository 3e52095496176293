"""`Flow`: a chain of jobs that scale themselves."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any, Self, Unpack

from framework.errors import FlowError, LifecycleError, OptionError
from framework.flow.capacity import Capacity, UtilizationCapacity
from framework.flow.clock import Clock, LoopClock
from framework.flow.jobs.batching import Batch
from framework.flow.jobs.blueprint import Blueprint, JobOptions, blueprint
from framework.flow.jobs.job import Job
from framework.flow.jobs.subflow import NestedFlow, SubFlow, as_processor
from framework.flow.report import FlowReport
from framework.flow.running.run import FlowRun
from framework.flow.scaling import ScalingStrategy, Strategy, as_strategy
from framework.flow.sources import Source
from framework.flow.stream import stream
from framework.observe import Edge, Graph, Observers, Snapshot, Subscription
from framework.observe.observers import Observer

if TYPE_CHECKING:
    from framework.notebook import ScalingMonitor

logger = logging.getLogger(__name__)


class Flow:
    """Items go through its jobs one after the other; each job has a bounded queue and workers that follow the load.

    ::

        flow = Flow()
        flow.add(fetch).add(parse)
        flow.error(report)
        result = await flow.run(urls)

    A processor is an async function of one item; what it returns goes to the next job. It raises `StopProcessing` or
    `RouteToErrorQueue`, or returns `LastWorkItem()`, to say something else.
    """

    def __init__(
        self,
        strategy: Strategy | ScalingStrategy = Strategy.UTILIZATION,
        *,
        capacity: Capacity | None = None,
        name: str = "flow",
        clock: Clock | None = None,
    ) -> None:
        """Make a flow without jobs.

        Args:
            strategy: how jobs are scaled.
            capacity: of jobs that say nothing else.
            name: what graphs, reports and logs call it.
            clock: where scaling, timeouts and rates take their time from; the event loop's by default.

        Raises:
            FlowError: `strategy` is none.
            OptionError: another argument makes no sense.
        """
        if capacity is not None and not isinstance(capacity, Capacity):
            raise OptionError(f"capacity= takes a Capacity, got {capacity!r}: UtilizationCapacity(max_workers=8)")
        if not isinstance(name, str):
            raise OptionError(f"name= is a string, got {name!r}: Flow(name='imports')")
        if clock is not None and not all(callable(getattr(clock, method, None)) for method in ("now", "call_later")):
            raise OptionError(f"clock= takes a Clock, with now() and call_later(delay, callback), got {clock!r}")
        self.name = name
        self._strategy = as_strategy(strategy)
        self._capacity = UtilizationCapacity() if capacity is None else capacity
        self._clock = clock
        self._observers = Observers()
        self._jobs: list[Job] = []
        self._error: Job | None = None
        self._run: FlowRun | None = None

    # -- what it is

    def add(  # noqa: PLR0913 - a job's whole surface, all but one optional
        self,
        processor: Any,
        capacity: Capacity | None = None,
        name: str | None = None,
        *,
        timeout: float | None = None,
        retry: int | None = None,
        rate: float | None = None,
        batch: Batch | int | None = None,
        executor: Any = None,
    ) -> Self:
        """Add a job at the end.

        Args:
            processor: an async function of one item, a callable object of that kind, a flow, or a `router`; with
                `executor` a plain function.
            capacity: workers and queue; before what decorators and the flow say.
            name: what graphs and reports call it; before what decorators say, by default the function's name.
            timeout: seconds that an attempt may take.
            retry: attempts in all.
            rate: attempts per second, over all workers.
            batch: how many items at once, see `Batch`.
            executor: runs a plain function: threads, processes, or Dask's `Client.get_executor()`. It stays yours.

        Raises:
            FlowError: it cannot be a processor; the message says what to do.
            OptionError: an option makes no sense, or the name is taken.
            LifecycleError: the flow is running.
        """
        extras = JobOptions(timeout=timeout, retry=retry, rate=rate, batch=batch, executor=executor)
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
        self,
        processor: Any,
        capacity: Capacity | None = None,
        name: str | None = None,
        **options: Unpack[JobOptions],
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

    # -- driving

    async def start(self) -> None:
        """Start the workers; a flow that runs already is left alone.

        Raises:
            LifecycleError: there are no jobs.
            OptionError: a capacity makes no sense.
            BaseException: what a factory or a resource raised when it was entered.
        """
        if self.running:
            logger.info("%s runs already", self.name)
        await self.begin()

    async def run(self, source: Source | None = None) -> FlowReport:
        """Process everything and end; start first if needed.

        Ends when `source` is exhausted and everything has reached its end. Without a source it waits for a first item
        and ends when the flow is idle. A `LastWorkItem` ends it in any case. When it is cancelled the flow is stopped.

        Raises:
            LifecycleError: it is being run already, or there are no jobs.
            BaseException: what the source, a strategy, a factory or a resource raised; the flow is stopped then.
        """
        if source is None and self._run is not None and self._run.unseen:
            return await self._run.finished()  # a LastWorkItem has ended it before anybody ran it
        run = self._current()
        run.claim()
        try:
            await run.started()
            if source is not None:
                run.feed_from(source)
            run.drive()
            return await run.finished()
        except asyncio.CancelledError:
            await run.stop("cancelled")
            raise

    def stream(self, source: Source, ordered: bool = False) -> AsyncGenerator[Any, None]:  # noqa: FBT001, FBT002 - reads well both ways
        """Run with that source and hand out the results of the last job, in its order or in that of the source.

        A slow reader holds the source back. Leaving the loop early stops the flow; `contextlib.aclosing` does so at
        once. Items that do not come out at the end are left out.
        """
        return stream(self._current, source, ordered=ordered)

    async def put(self, item: Any) -> None:
        """Put an item into the first job, when there is room.

        Raises:
            LifecycleError: the flow has not been started.
            FlowEnded: it has ended, or ended while this put waited.
        """
        if not self._jobs:
            raise LifecycleError(f"{self.name} has no jobs: flow.add(processor)")
        if self._run is None:
            raise LifecycleError(f"{self.name} has not been started: await flow.start(), or flow.run(source)")
        await self._run.put(item)

    @asynccontextmanager
    async def feeding(self) -> AsyncIterator[Callable[[Any], Awaitable[None]]]:
        """Hold `run` open for a producer that pauses: `async with flow.feeding() as feed: await feed(item)`."""
        run = await self.begin()
        run.open_feed()
        try:
            yield run.put
        finally:
            run.close_feed()

    async def drain(self) -> None:
        """Wait until nothing is queued, running or about to be put; the flow goes on."""
        if self._run is not None:
            await self._run.drain()

    async def stop(self) -> None:
        """End now: what is queued is dropped, what runs is cancelled. Harmless when nothing runs."""
        if self._run is not None and self.running:
            await self._run.stop()

    async def begin(self) -> FlowRun:
        """The run that goes on, started if there is none."""
        run = self._current()
        await run.started()
        return run

    # -- how it is

    @property
    def running(self) -> bool:
        """Whether it has been started and has not ended."""
        return self._run is not None and self._run.report is None

    @property
    def room(self) -> int:
        """How many items all its jobs can hold at most."""
        return sum(job.capacity.max_workers + job.capacity.queue_length for job in self._jobs)

    @property
    def report(self) -> FlowReport | None:
        """What came of the latest run, or of this one so far; None before the first."""
        return None if self._run is None else self._run.report_now()

    def graph(self) -> Graph:
        """Its jobs and their order; the error job last."""
        jobs = self._all()
        following = zip(self._jobs, self._jobs[1:], strict=False)
        edges = [Edge(a.name, b.name, "next", observed=_handed_on(a)) for a, b in following]
        if self._error is not None:
            error = self._error.name
            edges += [
                Edge(job.name, error, "errors", observed=job.latest is not None and job.latest.reported > 0)
                for job in self._jobs
            ]
        return Graph(self.name, tuple(job.node() for job in jobs), tuple(edges))

    def snapshot(self) -> Snapshot:
        """How it is now."""
        nodes = {job.name: job.snapshot() for job in self._all()}
        if self._run is None:
            return Snapshot(self.name, "not started", time.monotonic(), nodes)
        return Snapshot(self.name, "running" if self.running else "finished", self._run.clock.now(), nodes)

    def observe(self, callback: Observer) -> Subscription:
        """Have `callback` told of every `ItemFinished`, `WorkersScaled` and `RunFinished`."""
        return self._observers.attach(callback)

    def watch(self) -> ScalingMonitor:
        """Watch it run: charts in a notebook, a progress line in a terminal."""
        from framework.notebook import watch

        return watch(self)

    def parts(self) -> set[NestedFlow]:
        """This flow and those that are jobs or arms in it."""
        parts: set[NestedFlow] = {self}
        for job in self._all():
            for flow in job.subflows:
                parts |= flow.parts()
        return parts

    def as_processor(self) -> SubFlow:
        """Return the processor that this flow is as a job of another."""
        return SubFlow(self)

    # -- inside

    def _all(self) -> list[Job]:
        return self._jobs if self._error is None else [*self._jobs, self._error]

    def _current(self) -> FlowRun:
        if self._run is not None and self._run.report is None:
            return self._run
        if not self._jobs:
            raise LifecycleError(f"{self.name} has no jobs: flow.add(processor) before it is started")
        clock = self._clock or LoopClock(asyncio.get_running_loop())
        self._run = FlowRun(self.name, self._jobs, self._error, self._strategy, clock, self._observers)
        return self._run

    def _append(
        self, subject: Any, capacity: Capacity | None, name: str | None, options: JobOptions, **how: Any
    ) -> Self:
        self._jobs.append(Job(self._plan(subject, capacity, name, options, **how), self._capacity))
        return self

    def _set_error(
        self, subject: Any, capacity: Capacity | None, name: str | None, options: JobOptions, **how: Any
    ) -> Self:
        if self._error is not None:
            raise OptionError(f"{self.name} has an error job already, {self._error.name}: one handles all failures")
        if options.get("batch") is not None:
            raise OptionError("an error job gets one item at a time, so that it can ask why: leave batch= out")
        self._error = Job(self._plan(subject, capacity, name, options, **how), self._capacity)
        return self

    def _plan(
        self, subject: Any, capacity: Capacity | None, name: str | None, options: JobOptions, **how: Any
    ) -> Blueprint:
        if self.running:
            raise LifecycleError(f"{self.name} is running: await flow.stop() before adding jobs")
        known = [job.name for job in self._all()]
        plan = blueprint(as_processor(subject), capacity, name, options, known=known, **how)
        for flow in plan.subflows:
            if self in flow.parts():
                raise FlowError(f"{self.name} cannot be part of itself: make a second flow")
        return plan


def _needed(resource_manager: Any) -> AbstractAsyncContextManager[Any]:
    if resource_manager is None:
        raise FlowError("a resource manager is an async context manager, got None: asyncio.Lock(), a pool, ...")
    manager: AbstractAsyncContextManager[Any] = resource_manager
    return manager


def _handed_on(job: Job) -> bool:
    return job.latest is not None and job.latest.handed_on > 0
