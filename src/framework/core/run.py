"""`Run`: the handle of a pipeline that runs in the background."""

from __future__ import annotations

import threading
from collections.abc import Generator
from concurrent.futures import Future
from contextvars import copy_context
from typing import Any

from framework.core.phases import PhaseRunner
from framework.observe import RunReport

POLL = 0.05


class Run:
    """A run in the background: obtained from `pipeline.start()`, kept as `pipeline.current_run`.

    Interrupting a cell that waits for it does not stop it; `stop()` does. In a cell, `await run` leaves the notebook
    responsive.
    """

    def __init__(self, runner: PhaseRunner, pipeline: object) -> None:
        """Made by the pipeline, which calls `begin`.

        Args:
            runner: what drives.
            pipeline: kept alive until the end.
        """
        self._runner = runner
        self._pipeline = pipeline
        self._future: Future[RunReport] = Future()
        self._entered = threading.Event()
        self._ended = threading.Event()
        self._refused: BaseException | None = None

    def begin(self) -> None:
        """Run from here on, on a thread of its own.

        Raises:
            PipelineRunning: somebody else drives.
            PipelineEnded: the run is over.
        """
        # The context of the caller, so that prints land in the cell that started the run.
        drive = copy_context().run
        threading.Thread(target=drive, args=(self._drive,), name=f"{self._runner.name}-driver", daemon=True).start()
        self._entered.wait()
        if self._refused is not None:
            raise self._refused

    def wait(self, timeout: float | None = None) -> RunReport:
        """Wait for the end.

        Args:
            timeout: seconds.

        Returns:
            The report.

        Raises:
            TimeoutError: it is not done yet; it goes on.
            RunFailed: deliveries failed and the pipeline raises for failures.
            RunLimit: a limit ended it.
        """
        try:
            report = self._future.result(timeout)
        except TimeoutError:
            if self.done:
                raise
            raise TimeoutError(
                f"{self._runner.name} is not done after {timeout} s:\n{self._runner.why_waiting()}"
            ) from None
        return self._runner.outcome(report)

    def join(self) -> None:
        """Wait for the end, whatever the outcome; an observer on the thread that drives does not wait for itself."""
        if self._runner.scheduler.driver == threading.get_ident():
            return
        # A poll, because an interrupt may have come before there was a thread that ends.
        while self._runner.report is None and not self._ended.wait(POLL):
            pass

    def stop(self) -> None:
        """Make no new deliveries, run the hooks and end; does not wait for that."""
        self._runner.stop()

    @property
    def done(self) -> bool:
        """Whether the run is over."""
        return self._future.done()

    @property
    def report(self) -> RunReport | None:
        """The report, None while it goes on; never raises for failures."""
        return self._runner.report

    def __await__(self) -> Generator[Any, None, RunReport]:
        """Wait without blocking the event loop; cancelling the wait does not stop the run."""
        import asyncio

        report = yield from asyncio.shield(asyncio.wrap_future(self._future)).__await__()
        return self._runner.outcome(report)

    def __repr__(self) -> str:
        """Name and state."""
        return f"<Run of {self._runner.name}: {'done' if self.done else 'running'}>"

    def _drive(self) -> None:
        try:
            with self._runner.driving():
                self._entered.set()
                report = self._runner.drive()
        except BaseException as error:  # noqa: BLE001 - whoever waits must learn of it
            if self._entered.is_set():
                self._future.set_exception(error)
            else:
                self._refused = error
                self._entered.set()
        else:
            self._future.set_result(report)
        finally:
            self._ended.set()
