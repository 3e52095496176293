"""A flow as a job of another: each item goes through all of it."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from framework.errors import LifecycleError
from framework.flow.signals import StopProcessing

if TYPE_CHECKING:
    from framework.flow.flow import Flow
    from framework.flow.running.run import FlowRun


class SubFlow:
    """Runs with the flow that it is part of; its result is that of its last job.

    What it skips is skipped, a failure that it does not handle itself is the failure of the job, an item that its own
    error job took over is done with and counts as skipped. A LastWorkItem ends both flows.
    """

    _run: FlowRun

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.__name__ = flow.name

    async def __aenter__(self) -> Self:
        """Start the flow.

        Raises:
            LifecycleError: it runs already.
        """
        if self.flow.running:
            raise LifecycleError(f"{self.flow.name} runs already and cannot be part of another flow: make a second one")
        self._run = await self.flow.begin()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the flow."""
        await self.flow.stop()

    async def __call__(self, item: Any) -> Any:
        """Send one item through the flow.

        Raises:
            StopProcessing: it does not come out at the end.
        """
        ending = await self._run.submit(item)
        match ending.outcome:
            case "done":
                return ending.value
            case "failed" | "rerouted" if self._run.error_job is None:
                raise ending.value
            case "dropped" if self._run.error is not None:
                raise self._run.error
        raise StopProcessing
