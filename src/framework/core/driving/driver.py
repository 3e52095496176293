"""`Driver`: a thread of its own that drives a pipeline while the caller waits."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from typing import Generic, TypeVar

from framework.core.driving.runner import PhaseRunner
from framework.core.mailboxes.interruptible import pauses
from framework.observe import PhaseReport, RunReport

POLL = 0.05  # seconds
Result = TypeVar("Result")


class Driver(Generic[Result]):
    """Calls `drive` inside of `runner.driving()`, on a thread of its own.

    Ctrl-C is raised on the main thread between any two instructions. If that thread drove, it could be interrupted
    while it wakes a worker or holds a lock, and the run would wait for ever.
    """

    def __init__(self, runner: PhaseRunner, drive: Callable[[], Result]) -> None:
        self.future: Future[Result] = Future()
        self._runner = runner
        self._drive = drive
        self._entered = threading.Event()
        self._ended = threading.Event()
        self._refused: BaseException | None = None

    def begin(self) -> None:
        """Start the thread, and return when it drives; raises PipelineRunning or PipelineEnded."""
        # The context of the caller, so that prints land in the cell that started the run.
        main = copy_context().run
        threading.Thread(target=main, args=(self._main,), name=f"{self._runner.name}-driver", daemon=True).start()
        self._entered.wait()
        if self._refused is not None:
            raise self._refused

    def result(self) -> Result:
        """Start, and wait for what `drive` returns or raises; Ctrl-C ends the run and is raised again."""
        try:
            self.begin()
            self.wait()
            return self.future.result()
        except KeyboardInterrupt:
            self.interrupt()
            raise

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end, at most `timeout` seconds; returns whether it has come.

        Ctrl-C ends the wait.
        """
        until, pieces = math.inf if timeout is None else time.monotonic() + timeout, pauses()
        while not self._ended.wait(max(0.0, min(next(pieces), until - time.monotonic()))):
            if time.monotonic() >= until:
                return False
        return True

    def interrupt(self) -> None:
        """Stop the run and wait for its end; Ctrl-C meanwhile abandons it."""
        try:
            self._runner.stop()
            self.join()
        except KeyboardInterrupt:
            self._runner.phases.abandon()
            raise

    def join(self) -> None:
        """Wait for the end, whatever the outcome; an observer on the thread that drives does not wait for itself."""
        if self._runner.is_driver:
            return
        # A poll, because an interrupt may have come before there was a thread that ends.
        while self._runner.report is None and not self._ended.wait(POLL):
            pass

    def _main(self) -> None:
        try:
            with self._runner.driving():
                self._entered.set()
                result = self._drive()
        except BaseException as error:  # noqa: BLE001 - the waiting caller must learn of it
            if self._entered.is_set():
                self.future.set_exception(error)
            else:
                self._refused = error
                self._entered.set()
        else:
            self.future.set_result(result)
        finally:
            self._ended.set()


def step(runner: PhaseRunner) -> PhaseReport:
    """Run one phase; the main thread, which Ctrl-C interrupts, only waits where the pipeline has threads."""
    return Driver(runner, runner.phases.step).result() if _must_wait(runner) else runner.step()


def finish(runner: PhaseRunner) -> RunReport:
    """Deliver what waits and end the run; the main thread only waits, as in `step`."""
    return Driver(runner, runner.phases.complete).result() if _must_wait(runner) else runner.finish()


def _must_wait(runner: PhaseRunner) -> bool:
    return runner.has_threads and threading.current_thread() is threading.main_thread()
