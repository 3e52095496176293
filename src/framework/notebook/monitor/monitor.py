"""`ScalingMonitor`: workers, queues and throughput of a flow or a pipeline, live."""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from framework.errors import OptionError
from framework.notebook.monitor.series import Series
from framework.notebook.widgets.listeners import Listeners
from framework.notebook.widgets.require import require
from framework.notebook.widgets.shown import Shown
from framework.observe import Failure, Snapshot, WorkersScaled
from framework.observe.frames import Schema, typed_frame

if TYPE_CHECKING:
    import pandas as pd

COLUMNS: Schema = {
    "name": "string",
    "waiting": "int64",
    "capacity": "Int64",
    "running": "int64",
    "idle": "int64",
    "blocked": "int64",
    "workers": "int64",
    "done": "int64",
    "failed": "int64",
    "busy_seconds": "float64",
}
IDLE = 2
"""Intervals between two samples while nothing runs."""
FASTEST = 0.1
"""Seconds between two samples, at least."""


class ScalingMonitor(Shown):
    """Watches a flow, or a pipeline; as the last expression of a cell it shows charts that move.

    Samples `snapshot()` and `report` a few times a second and never observes single items, so that the watched run
    goes on at full speed. Begins with `start()` or with the first display, and ends with the run.
    """

    def __init__(self, runtime: Any, interval: float = 0.2) -> None:
        """Prepare to watch a flow or pipeline.

        Args:
            runtime: what to watch.
            interval: seconds between two samples, 0.1 at least.

        Raises:
            OptionError: it is neither, or `interval` is too short.
        """
        require(runtime, "snapshot", "a monitor watches a flow or a pipeline")
        if not isinstance(interval, int | float) or not interval >= FASTEST:
            raise OptionError(f"a monitor samples at most ten times a second: interval=0.1, not {interval!r}")
        self.runtime = runtime
        self.interval = interval
        self.listeners = Listeners()
        self.latest: Snapshot = runtime.snapshot()
        self.started: float | None = None
        self.ended = 0.0
        self.total = Series()
        self.series: dict[str, Series] = {}
        self.message = ""
        # A flow is stopped on its event loop; the one of this cell is the one that the flow will run on.
        self._loop = _running_loop()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin sampling, if it has not begun."""
        if self._thread is None or not self._thread.is_alive():
            self._closed.clear()
            # A thread: the event loop is the flow's, or kept busy by a cell.
            work = (weakref.ref(self), self._closed, self.interval)
            self._thread = threading.Thread(target=_sample_on, args=work, name="framework-monitor", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End sampling; the last state stays shown."""
        self._closed.set()

    def sample(self) -> bool:
        """Take one sample and return whether anything changed since the last."""
        before, now = self.latest, self.runtime.snapshot()
        self.latest = now
        if now.state == "running" and (self.started is None or before.state != "running"):
            # A pipeline that runs has no report: it began since the last sample, or since the monitor looks again.
            elapsed = getattr(self.runtime.report, "elapsed", min(now.at - before.at, IDLE * self.interval))
            self.started = now.at - elapsed
            self._chart(self.started, {name: node.done for name, node in before.nodes.items()}, 0)
        if now.state == "running" or before.state == "running":
            self.ended = now.at
            self._chart(now.at, {name: node.done for name, node in now.nodes.items()}, self.done)
        moved = (before.state, before.nodes) != (now.state, now.nodes) or now.state == "running"
        if moved:
            self.listeners.tell()
        return moved

    def _chart(self, at: float, done: Mapping[str, int], total: int) -> None:
        self.total.add(at, total)
        for name, count in done.items():
            self.series.setdefault(name, Series()).add(at, count)

    @property
    def elapsed(self) -> float:
        """Return the seconds that the run took so far."""
        report = self.runtime.report
        if self.latest.state == "finished" and report is not None:
            elapsed: float = report.elapsed
            return elapsed
        return 0.0 if self.started is None else self.ended - self.started

    @property
    def done(self) -> int:
        """Return the number of items of a flow that ended, or of deliveries of a pipeline."""
        counts = getattr(self.runtime.report, "counts", None)
        done: int = self.latest.done if counts is None else counts.ended
        return done

    @property
    def succeeded(self) -> int:
        """Return the number of items of a flow that came out of it, or of deliveries that did not fail."""
        counts = getattr(self.runtime.report, "counts", None)
        done: int = self.latest.done - self.latest.failed if counts is None else counts.done
        return done

    @property
    def failed(self) -> int:
        """Return the number of items of a flow that failed, each once, or of deliveries that did."""
        counts = getattr(self.runtime.report, "counts", None)
        failed: int = self.latest.failed if counts is None else counts.failed
        return failed

    @property
    def scalings(self) -> tuple[WorkersScaled, ...]:
        """Return every scaling decision of the run with its reason; a pipeline makes none."""
        report = self.runtime.report
        return tuple(getattr(report, "scalings", ()))

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Return the failures so far; those of a pipeline when it has ended."""
        report = self.runtime.report
        return tuple(report.failures) if report is not None else ()

    def frame(self) -> pd.DataFrame:
        """Return the latest sample, one row per job or processor, in the order of the run's graph."""
        nodes = self.latest.nodes.values()
        return typed_frame(([getattr(node, column) for column in COLUMNS] for node in nodes), COLUMNS)

    def stop(self) -> None:
        """End the watched run, from any thread."""
        stopping = self.runtime.stop()
        if not inspect.iscoroutine(stopping):
            return
        loop = self._loop
        if loop is None or loop.is_closed():
            stopping.close()
            self.message = "this flow runs on another event loop: await flow.stop() there"
            self.listeners.tell()
        else:
            asyncio.run_coroutine_threadsafe(stopping, loop)

    def __repr__(self) -> str:
        return f"<ScalingMonitor of {self.latest.name}: {self.latest.state}>"


def _sample_on(monitor: Callable[[], ScalingMonitor | None], closed: threading.Event, interval: float) -> None:
    due = time.monotonic()
    while not closed.is_set():
        watching = monitor()
        if watching is None:
            return
        watching.sample()
        idle = watching.latest.state != "running"
        del watching  # else the thread would keep its monitor alive after the last view is gone
        due = max(due + (IDLE * interval if idle else interval), time.monotonic())
        closed.wait(max(0.0, due - time.monotonic()))


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
