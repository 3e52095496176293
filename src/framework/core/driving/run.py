"""`Run`: the handle of a pipeline that runs in the background."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from framework.core.driving.bounds import seconds
from framework.core.driving.driver import Driver
from framework.core.driving.runner import PhaseRunner
from framework.observe import RunReport


class Run:
    """A run in the background: obtained from `pipeline.start()`, kept as `pipeline.current_run`.

    Interrupting a cell that waits for it does not stop it; `stop()` does. In a cell, `await run` leaves the notebook
    responsive.
    """

    def __init__(self, runner: PhaseRunner, driver: Driver[RunReport], pipeline: object) -> None:
        """Made by the pipeline, which begins to drive and is kept alive as long as this handle."""
        self._runner = runner
        self._pipeline = pipeline
        self._driver = driver

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
        seconds("timeout", timeout)
        if not self._driver.wait(timeout):
            raise TimeoutError(
                f"{self._runner.name} is not done after {timeout} s:\n{self._runner.phases.why_waiting()}\n"
                "it goes on: wait() again, or stop() it"
            )
        return self._runner.outcome(self._driver.future.result())

    def _join(self) -> None:
        self._driver.join()

    def stop(self) -> None:
        """Make no new deliveries, run the hooks and end; does not wait for that."""
        self._runner.stop()

    @property
    def done(self) -> bool:
        """Whether the run is over."""
        return self._driver.future.done()

    @property
    def report(self) -> RunReport | None:
        """The report, None while it goes on; never raises for failures."""
        return self._runner.report

    def __await__(self) -> Generator[Any, None, RunReport]:
        """Wait without blocking the event loop; cancelling the wait does not stop the run."""
        import asyncio

        report = yield from asyncio.shield(asyncio.wrap_future(self._driver.future)).__await__()
        return self._runner.outcome(report)

    def __repr__(self) -> str:
        return f"<Run of {self._runner.name}: {'done' if self.done else 'running'}>"
