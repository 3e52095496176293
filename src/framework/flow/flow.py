"""`Flow`: a chain of jobs that scale themselves."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Hashable
from concurrent.futures import Executor, Future
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any, Literal, Self, Unpack

from framework.errors import FlowError, LifecycleError, OptionError, UnknownName
from framework.flow.capacity import Capacity, UtilizationCapacity, scalable
from framework.flow.clock import Clock, LoopClock
from framework.flow.jobs.batching import Batch
from framework.flow.jobs.blueprint import Blueprint, JobOptions, blueprint
from framework.flow.jobs.job import Job
from framework.flow.jobs.retrying import Retry
from framework.flow.jobs.stages import Layout, laid_out
from framework.flow.jobs.subflow import Chain
from framework.flow.report import FlowReport
from framework.flow.running.ending import GRACE
from framework.flow.running.job_run import JobRun
from framework.flow.running.part import Part
from framework.flow.running.picture import graph_of, snapshot_of
from framework.flow.running.run import FlowRun
from framework.flow.running.waiting import why_waiting
from framework.flow.scaling import ScalingStrategy, Strategy, as_strategy
from framework.flow.sources import Source
from framework.flow.stream import stream
from framework.flow.terminating import terminable
from framework.flow.workers.worker_task import is_inside
from framework.observe import Graph, Observers, Snapshot, Subscription
from framework.observe.observers import Observer
from framework.observe.text import short_repr

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
    `RouteToErrorQueue`, or returns `LastWorkItem()`, to say something else; an async generator makes several items of
    one.
    """

    def __init__(
        self,
        strategy: Strategy | ScalingStrategy = Strategy.UTILIZATION,
        *,
        capacity: Capacity | None = None,
        name: str = "flow",
        clock: Clock | None = None,
        grace: float = GRACE,
    ) -> None:
        """Make a flow without jobs.

        Args:
            strategy: how jobs are scaled.
            capacity: of jobs that say nothing else.
            name: what graphs, reports and logs call it.
            clock: where scaling, timeouts and rates take their time from; the event loop's by default.
            grace: seconds that processors and resources get to clean up when the flow is stopped, cancelled or fails.

        Raises:
            FlowError: `strategy` cannot be one.
            OptionError: another argument makes no sense.
        """
        if capacity is not None and not isinstance(capacity, Capacity):
            raise OptionError(f"capacity= takes a Capacity, got {capacity!r}: UtilizationCapacity(max_workers=8)")
        if not isinstance(name, str):
            raise OptionError(f"name= is a string, got {name!r}: Flow(name='imports')")
        if clock is not None and not all(callable(getattr(clock, method, None)) for method in ("now", "call_later")):
            raise OptionError(f"clock= takes a Clock, with now() and call_later(delay, callback), got {clock!r}")
        if not isinstance(grace, int | float) or not grace >= 0:
            raise OptionError(f"grace= is a number of seconds >= 0, got {grace!r}: Flow(grace=10)")
        self.name = name
        self._grace = grace
        self._strategy = as_strategy(strategy)
        self._capacity = UtilizationCapacity() if capacity is None else capacity
        self._clock = clock
        self._observers = Observers()
        self._jobs: list[Job] = []
        self._error: Job | None = None
        self._run: FlowRun | Part | None = None

    # -- what it is

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

    async def run(
        self,
        source: Source | None = None,
        *,
        on_source_error: Literal["finish", "drop"] = "finish",
        source_executor: Executor | None = None,
    ) -> FlowReport:
        """Process everything and end; start first if needed.

        Ends when `source` is exhausted and everything has reached its end. Without a source it waits for a first item
        and ends when the flow is idle. A `LastWorkItem` ends it in any case. When it is cancelled the flow is stopped.

        Args:
            source: an iterable, an async iterable, an async context manager that gives one, or a callable that returns
                any of them.
            on_source_error: what becomes of the items that a source gave before it failed: "finish" or "drop" them.
            source_executor: reads a blocking iterable in its threads.

        Raises:
            LifecycleError: it is being run already, or there are no jobs.
            BaseException: what the source, a strategy, a factory or a resource raised; the flow is stopped then.
        """
        failed = _on_source_error(on_source_error)
        if source is None and isinstance(self._run, FlowRun) and self._run.unseen:
            return await self._run.finished()  # a LastWorkItem has ended it before it was run
        run = self._current()
        run.intake.claim()
        with terminable():
            try:
                await run.started()
                if source is not None and not run.closing:
                    logger.info("%s reads %s", self.name, short_repr(source))
                    run.intake.feed_from(source, lambda error: failed(run, error), executor=source_executor)
                run.intake.drive()
                return await run.finished()
            except asyncio.CancelledError:
                await run.stop("cancelled")
                raise

    def stream(
        self,
        source: Source,
        ordered: bool = False,  # noqa: FBT001, FBT002 - reads well both ways
        *,
        on_source_error: Literal["finish", "drop"] = "finish",
        source_executor: Executor | None = None,
    ) -> AsyncGenerator[Any, None]:
        """Run with that source and hand out the results of the last job, in its order or in that of the source.

        A slow reader holds the source back. Leaving the loop early stops the flow; `contextlib.aclosing` does so at
        once. Items that do not come out at the end are left out.
        """
        failed = _on_source_error(on_source_error)
        return stream(self._current, source, ordered=ordered, executor=source_executor, failed=failed)

    async def put(self, item: Any) -> None:
        """Put an item into the first job, when there is room; a flow that was never started is started.

        From one of the flow's own processors it never waits: the queue may exceed its bound then.

        Raises:
            LifecycleError: there are no jobs.
            FlowEnded: it has ended, or ended while this put waited.
        """
        run = self._run
        if run is None or (isinstance(run, FlowRun) and run.loop.is_closed()):
            run = await self.begin()
        if isinstance(run, Part):
            await run.entrance.input.put(item)
        else:
            await run.intake.put(item)

    def put_threadsafe(self, item: Any) -> Future[None]:
        """Put an item from another thread, and wake the event loop.

        The future is done when the item was taken: `.result()` waits for room, and raises what `put` raises.

        Raises:
            LifecycleError: the flow has not been started.
        """
        run = self._run.outer if isinstance(self._run, Part) else self._run
        if run is None or run.loop.is_closed():
            raise LifecycleError(f"{self.name} has not been started: await flow.start() first")
        return asyncio.run_coroutine_threadsafe(self.put(item), run.loop)

    @asynccontextmanager
    async def feeding(self) -> AsyncIterator[Callable[[Any], Awaitable[None]]]:
        """Hold `run` open for a producer that pauses: `async with flow.feeding() as feed: await feed(item)`.

        Its end waits until the flow has dealt with everything.
        """
        run = await self.begin()
        run.intake.open()
        try:
            yield run.intake.put
        finally:
            run.intake.close()
        if not is_inside(run):
            await run.drain()

    async def drain(self) -> None:
        """Wait until nothing is queued, running or about to be put; the flow goes on."""
        if isinstance(self._run, FlowRun):
            await self._run.drain()

    async def stop(self, grace: float | None = None) -> None:
        """End now: what is queued is dropped, what runs is cancelled. Harmless when nothing runs.

        Args:
            grace: seconds that processors and resources get to clean up before they are left; the flow's by default.

        Raises:
            LifecycleError: it is part of another flow, which runs.
        """
        if self.running:
            await self._own_run().stop(grace=grace)

    async def begin(self) -> FlowRun:
        """Return the run that goes on, started if there is none."""
        run = self._current()
        await run.started()
        return run

    # -- while it runs

    def pause(self, job: str | None = None) -> None:
        """Let that job, or all of them, take no further item; what is at work goes on, and queues fill up.

        Raises:
            LifecycleError: it does not run.
            UnknownName: there is no such job.
        """
        for one in self._running_jobs(job):
            one.input.pause()

    def resume(self, job: str | None = None) -> None:
        """Let that job, or all of them, go on.

        Raises:
            LifecycleError: it does not run.
            UnknownName: there is no such job.
        """
        for one in self._running_jobs(job):
            one.input.resume()
            one.await_first_item()

    def configure(self, job: str, capacity: Capacity) -> None:
        """Give a job another capacity, for the rest of the run; workers beyond it end after the items they are at.

        Raises:
            LifecycleError: it does not run.
            UnknownName: there is no such job.
            OptionError: the capacity makes no sense.
        """
        if not isinstance(capacity, Capacity):
            raise OptionError(f"configure takes a Capacity, got {capacity!r}: FixedCapacity(4)")
        valid = scalable(capacity).validated()
        for one in self._running_jobs(job):
            one.configure(valid)

    def why_waiting(self) -> str:
        """Return what keeps it from being finished, a line for each job and source; empty when nothing runs."""
        run = self._run.outer if isinstance(self._run, Part) else self._run
        return "" if run is None else why_waiting(run)

    # -- how it is

    @property
    def running(self) -> bool:
        """Whether it has been started and has not ended."""
        return self._run is not None and not self._run.is_over

    @property
    def room(self) -> int:
        """How many items all its jobs can hold at most."""
        return sum(job.room for job in self._jobs)

    @property
    def report(self) -> FlowReport | None:
        """What came of the latest run, or of this one so far; None before the first."""
        return None if self._run is None else self._run.report_now()

    def graph(self) -> Graph:
        """Return its jobs and their order; those of sub-flows and routers under dotted names, error jobs last."""
        return graph_of(self.name, self._layout(), {} if self._run is None else self._run.jobs)

    def snapshot(self) -> Snapshot:
        """Return how it is now."""
        run = self._run
        nodes = snapshot_of(self._layout(), {} if run is None else run.jobs)
        if run is None:
            return Snapshot(self.name, "not started", time.monotonic(), nodes)
        if run.is_over:
            return Snapshot(self.name, "finished", run.clock.now(), nodes)
        paused = all(job.input.paused for job in run.jobs.values())
        return Snapshot(self.name, "paused" if paused else "running", run.clock.now(), nodes)

    def observe(self, callback: Observer) -> Subscription:
        """Have `callback` told of every `ItemFinished`, `WorkersScaled` and `RunFinished`."""
        return self._observers.attach(callback)

    def watch(self) -> ScalingMonitor:
        """Watch it run: charts in a notebook, a progress line in a terminal."""
        from framework.notebook import watch

        return watch(self)

    # -- as a job of another flow

    def chain(self) -> Chain:
        """Return its jobs, for the flow that it is a job of.

        Raises:
            LifecycleError: there are none.
        """
        if not self._jobs:
            raise LifecycleError(f"{self.name} has no jobs: flow.add(processor) before it is started")
        return Chain(self.name, self._jobs, self._error, self._strategy, self._clock)

    def join(self, part: Part) -> None:
        """Take note of the run of another flow that its jobs are part of."""
        self._run = part

    def parts(self) -> set[Any]:
        """Return this flow and those that are jobs or arms in it."""
        parts: set[Any] = {self}
        for job in self._all():
            for flow in job.subflows():
                parts |= flow.parts()
        return parts

    # -- inside

    def _all(self) -> list[Job]:
        return self._jobs if self._error is None else [*self._jobs, self._error]

    def _layout(self) -> Layout | None:
        return laid_out(self.chain()) if self._jobs and all(flow._jobs for flow in self.parts()) else None  # noqa: SLF001

    def _own_run(self) -> FlowRun:
        assert self._run is not None  # noqa: S101 - it runs
        if isinstance(self._run, Part):
            outer = self._run.outer.name
            raise LifecycleError(f"{self.name} is part of {outer}, which runs: await the stop of that flow")
        return self._run

    def _current(self) -> FlowRun:
        loop = asyncio.get_running_loop()
        if self.running:
            run = self._own_run()
            if run.loop is loop:
                return run
            if not run.loop.is_closed():
                raise LifecycleError(f"{self.name} runs on another event loop: await flow.stop() there first")
            run.abandon()
        layout = laid_out(self.chain())
        for section in layout.sections:
            if section.flow.running:
                name = section.flow.name
                raise LifecycleError(f"{name} runs already and cannot be part of another flow: make a second one")
        run = FlowRun(self.name, layout, self._clock or LoopClock(loop), self._observers, self._grace)
        for section in layout.sections:
            section.flow.join(Part(section, run))
        logger.info("%s starts with %d jobs", self.name, len(layout.stages))
        for job in run.jobs.values():
            capacity = job.capacity
            workers = f"{capacity.initial_workers} of {capacity.min_workers}..{capacity.max_workers} workers"
            logger.info("%s: job %s, %s, a queue of %d", self.name, job.name, workers, capacity.queue_length)
        self._run = run
        return run

    def _running_jobs(self, name: str | None) -> list[JobRun]:
        if self._run is None or self._run.is_over:
            raise LifecycleError(f"{self.name} does not run: await flow.start() first")
        jobs = self._run.jobs
        if name is None:
            return list(jobs.values())
        found = [job for known, job in jobs.items() if known == name or known.startswith(f"{name}.")]
        if not found:
            raise UnknownName("job", name, list(jobs))
        return found

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
        plan = blueprint(subject, capacity, name, options, known=[job.name for job in self._all()], **how)
        for flow in [plan.flow, *(() if plan.router is None else plan.router.arms.values())]:
            if isinstance(flow, Flow) and self in flow.parts():
                raise FlowError(f"{self.name} cannot be part of itself: make a second flow")
        return plan


def _on_source_error(choice: str) -> Callable[[FlowRun, BaseException], None]:
    if choice not in {"finish", "drop"}:
        raise OptionError(f"on_source_error= is 'finish' or 'drop', got {choice!r}")
    return lambda run, error: run.source_failed(error, drop=choice == "drop")


def _needed(resource_manager: Any) -> AbstractAsyncContextManager[Any]:
    if resource_manager is None:
        raise FlowError("a resource manager is an async context manager, got None: asyncio.Lock(), a pool, ...")
    manager: AbstractAsyncContextManager[Any] = resource_manager
    return manager
