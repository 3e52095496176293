"""The error job of a run and its workers: they settle items that failed or were rerouted elsewhere."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from framework.flow.failures import CURRENT, log_failure
from framework.flow.running.envelope import Case, finish
from framework.flow.running.job_run import JobRun
from framework.flow.running.worker import FlowWorker
from framework.flow.signals import LastWorkItem, StopProcessing
from framework.observe import Failure

if TYPE_CHECKING:
    from framework.flow.jobs.processors import Call


class ErrorWorker(FlowWorker):
    """Takes cases; an item that fails here too has failed, whatever brought it."""

    __slots__ = ()

    async def handle(self, entry: Any, call: Call) -> None:
        """Let the processor ask for the failure while it works."""
        CURRENT.set(entry.failure if isinstance(entry, Case) else None)
        try:
            await super().handle(entry, call)
        finally:
            CURRENT.set(None)

    async def returned(self, entry: Any, result: Any, began: float | None = None) -> None:
        """The case is closed."""
        self.tally.done += 1
        self.tell(entry, "done", began)
        self._close(entry)
        if isinstance(result, LastWorkItem):
            self.run.cut(self.job)

    async def raised(self, entry: Any, error: BaseException, call: Call, began: float | None = None) -> None:
        """Settle a case that the error job itself failed on; there is nobody else to hand it to.

        Raises:
            BaseException: `error` itself, when it ends the worker and not just the item.
        """
        if self.ends_worker(error):
            self.drop(self.job, [entry])
            raise error
        if isinstance(error, StopProcessing):
            self.tally.skipped += 1
            self.tell(entry, "skipped", began)
            self._close(entry)
            return
        self.tally.failed += 1
        self.tell(entry, "failed", began)
        failure = Failure(self.job.name, entry.item, 0, error, repeat=partial(call, entry.item))
        self.run.keep(failure)
        log_failure(failure)
        if entry.outcome == "rerouted" and not self.is_left_behind:
            entry.job.tally.failed += 1
        finish(entry, "failed", error)

    def _close(self, case: Case) -> None:
        if case.outcome == "rerouted" and not self.is_left_behind:
            case.job.tally.rerouted += 1
        finish(case, case.outcome, case.failure.exception)


class ErrorJobRun(JobRun):
    """Its queue holds cases."""

    def hire(self) -> FlowWorker:
        """Return a worker that settles cases."""
        return ErrorWorker(self)

    def count_drop(self, entry: Any) -> None:
        """Count a rerouted item as dropped in the job that it came from; a failed one has been counted there."""
        self.tally.dropped += 1
        if entry.outcome == "rerouted":
            entry.job.tally.dropped += 1
