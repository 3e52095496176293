"""`Flow`: a chain of jobs that scale themselves."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from concurrent.futures import Executor, Future
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Literal

from framework.errors import LifecycleError, OptionError, UnknownName
from framework.flow.capacity import Capacity, scalable, validated
from framework.flow.clock import LoopClock
from framework.flow.declared_flow import DeclaredFlow, grace_of
from framework.flow.jobs.stages import laid_out
from framework.flow.queues.sources import ItemSource
from framework.flow.report import FlowReport
from framework.flow.running.intake import in_loop
from framework.flow.running.job_run import JobRun
from framework.flow.running.nested_run import NestedRun
from framework.flow.running.run import FlowRun
from framework.flow.running.showing import graph_of, snapshot_of, why_waiting
from framework.flow.stream import stream
from framework.flow.terminating import terminable
from framework.flow.workers.worker_task import is_inside
from framework.observe import Graph, Snapshot, Subscription
from framework.observe.findings import Findings
from framework.observe.observers import Observer
from framework.observe.text import short_repr

if TYPE_CHECKING:
    from framework.notebook import ScalingMonitor
    from framework.observe.recording.items.item_history import ItemHistory

logger = logging.getLogger(__name__)


class Flow(DeclaredFlow):
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

    _run: FlowRun | NestedRun | None = None
    _history: ItemHistory | None = None

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
        await self._begin()

    async def run(
        self,
        source: ItemSource | None = None,
        *,
        on_source_error: Literal["finish", "drop"] = "finish",
        source_executor: Executor | None = None,
    ) -> FlowReport:
        """Process everything and end; start first if needed.

        Ends when `source` is exhausted and everything has reached its end. Without a source it waits for a first item
        and ends when the flow is idle. A `LastWorkItem` ends it in any case. When it is cancelled the flow is stopped.

        Args:
            source: an iterable, an async iterable, an async context manager that gives one, or a callable that returns
                any of them. A generator is closed at the end, wherever it is.
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
        async with terminable(run):
            try:
                await run.started()
                if source is not None and not run.closing:
                    logger.info("%s reads %s", self.name, short_repr(source))
                    run.intake.feed_from(source, lambda error: failed(run, error), executor=source_executor)
                run.intake.drive()
                return await run.finished()
            except asyncio.CancelledError as error:
                await run.stop("cancelled")
                if waiting := run.report_now().waiting:
                    error.add_note(f"{self.name} waited for this:\n{waiting}")
                raise

    def stream(
        self,
        source: ItemSource,
        ordered: bool = False,  # noqa: FBT001, FBT002 - reads well both ways
        *,
        on_source_error: Literal["finish", "drop"] = "finish",
        source_executor: Executor | None = None,
    ) -> AsyncGenerator[Any, None]:
        """Run with that source and hand out the results of the last job, in its order or in that of the source.

        Those of items that are put meanwhile, by the flow's own processors or from elsewhere, are among them, `ordered`
        by the puts; those of items that were put before are not, nor those that do not come out at the end. A slow
        reader holds the source back. Leaving the loop early stops the flow; `contextlib.aclosing` does so at once.
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
            run = await self._begin()
        await (run.put(item) if isinstance(run, NestedRun) else run.intake.put(item))

    def put_threadsafe(self, item: Any) -> Future[None]:
        """Put an item from another thread, and wake the event loop.

        The future is done when the item was taken: `.result()` waits for room, and raises what `put` raises.

        Raises:
            LifecycleError: the flow has not been started.
        """
        run = self._run.outer if isinstance(self._run, NestedRun) else self._run
        if run is None or run.loop.is_closed():
            raise LifecycleError(f"{self.name} has not been started: await flow.start() first")
        return asyncio.run_coroutine_threadsafe(self.put(item), run.loop)

    @asynccontextmanager
    async def feeding(self) -> AsyncIterator[Callable[[Any], Awaitable[None]]]:
        """Hold `run` open for a producer that pauses: `async with flow.feeding() as feed: await feed(item)`.

        Its end waits until the flow has dealt with everything.
        """
        run = self._current()
        async with terminable(run):
            await run.started()
            run.intake.open()
            try:
                yield run.intake.put
            finally:
                run.intake.close()
            if not is_inside(run):
                await run.drain()

    async def drain(self) -> None:
        """Wait until nothing is queued, running or about to be put; the flow goes on.

        From another event loop as well. For a flow that is part of another, until that is idle.

        Raises:
            LifecycleError: one of its own processors asks, or what that has started, which would wait for itself.
            BaseException: what ended the run, when that was no item.
        """
        run = self._run.outer if isinstance(self._run, NestedRun) else self._run
        if run is None:
            return
        if is_inside(run):
            raise LifecycleError(f"a processor of {run.name} cannot wait until it is idle: await flow.put(item)")
        await (run.drain() if run.is_over else in_loop(run.loop, _drained(run)))

    async def stop(self, grace: float | None = None) -> None:
        """End now: what is queued is dropped, what runs is cancelled, a processor that calls this included.

        Harmless when nothing runs; from another event loop as well.

        Args:
            grace: seconds that processors and resources get to clean up before they are left; the flow's by default.

        Raises:
            LifecycleError: it is part of another flow, which runs.
            OptionError: `grace` makes no sense.
        """
        seconds = None if grace is None else grace_of(grace)
        if self.running:
            run = self._own_run()
            if run.loop.is_closed():
                run.abandon()
            else:
                await in_loop(run.loop, run.stop(grace=seconds))

    async def _begin(self) -> FlowRun:
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

        As in `add`, that of a router, or of a sub-flow with limits, is not that of its jobs; of any other sub-flow each
        job gets it.

        Raises:
            LifecycleError: it does not run.
            UnknownName: there is no such job.
            OptionError: the capacity makes no sense.
        """
        if not isinstance(capacity, Capacity):
            raise OptionError(f"configure takes a Capacity, got {capacity!r}: FixedCapacity(4)")
        valid = validated(scalable(capacity))
        for one in self._running_jobs(job, alone=True):
            one.configure(valid)

    def why_waiting(self) -> str:
        """Return what keeps it from being finished, a line for each job and source; empty when nothing runs."""
        run = self._run.outer if isinstance(self._run, NestedRun) else self._run
        return "" if run is None else why_waiting(run)

    # -- how it is

    @property
    def running(self) -> bool:
        """Whether it has been started and has not ended."""
        return self._run is not None and not self._run.is_over

    def diagnose(self) -> Findings:
        """Return what is odd in the latest run, the most serious first; also while it runs or hangs."""
        report = self.report
        return Findings() if report is None else report.findings

    @property
    def history(self) -> ItemHistory:
        """What became of each item, from the first one on; of a nested flow, that of the outer one.

        Raises:
            OptionError: none is kept.
        """
        kept = self._run.outer.history if isinstance(self._run, NestedRun) else self._kept_history()
        if kept is None:
            raise OptionError(
                f"{self.name} keeps no history: make it with Flow(history=True), or import framework.notebook"
            )
        return kept

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
        subscription = self._observers.attach(callback)
        if isinstance(self._run, FlowRun):
            self._run.observed()
        elif self._run is not None:
            self._run.forward_to(self._observers)
        return subscription

    def watch(self) -> ScalingMonitor:
        """Watch it run: charts in a notebook, a progress line in a terminal."""
        from framework.notebook import watch

        return watch(self)

    def _join(self, part: NestedRun) -> None:
        """Take note of the run of another flow that its jobs are part of."""
        self._run = part
        if self._observers.watched:
            part.forward_to(self._observers)

    # -- inside

    def _kept_history(self) -> ItemHistory | None:
        if self._history is None and self._history_bytes:
            from framework.observe.recording.items.item_history import ItemHistory  # not for flows that keep none

            self._history = ItemHistory(self._history_bytes)
        return self._history

    def _own_run(self) -> FlowRun:
        assert self._run is not None  # noqa: S101 - it runs
        if isinstance(self._run, NestedRun):
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
        layout = laid_out(self._chain())
        for section in layout.sections:
            if section.flow.running:
                name = section.flow.name
                raise LifecycleError(f"{name} runs already and cannot be part of another flow: make a second one")
        clock, history = self._clock or LoopClock(loop), self._kept_history()
        run = FlowRun(self.name, layout, clock, self._observers, grace=self._grace, history=history)
        for section in layout.sections:
            section.flow._join(NestedRun(section, run))
        logger.info("%s starts with %d jobs", self.name, len(layout.stages))
        for job in run.jobs.values():
            capacity = job.capacity
            workers = f"{capacity.initial_workers} of {capacity.min_workers}..{capacity.max_workers} workers"
            logger.info("%s: job %s, %s, a queue of %d", self.name, job.name, workers, capacity.queue_length)
        self._run = run
        return run

    def _running_jobs(self, name: str | None, *, alone: bool = False) -> list[JobRun]:
        if self._run is None or self._run.is_over:
            raise LifecycleError(f"{self.name} does not run: await flow.start() first")
        jobs = self._run.jobs
        if name is None:
            return list(jobs.values())
        if alone and name in jobs:
            return [jobs[name]]
        found = [job for known, job in jobs.items() if known == name or known.startswith(f"{name}.")]
        if not found:
            raise UnknownName("job", name, list(jobs))
        return found


async def _drained(run: FlowRun) -> None:
    async with terminable(run):
        await run.drain()


def _on_source_error(choice: str) -> Callable[[FlowRun, BaseException], None]:
    if choice not in {"finish", "drop"}:
        raise OptionError(f"on_source_error= is 'finish' or 'drop', got {choice!r}")
    return lambda run, error: run.source_failed(error, drop=choice == "drop")
