"""A flow as a job of another: each item goes through all of it."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Protocol, Self

from framework.errors import LifecycleError
from framework.flow.signals import StopProcessing


class NestedRun(Protocol):
    """The run of a nested flow."""

    error_job: Any
    error: BaseException | None

    async def submit(self, item: Any) -> Any:
        """Put an item and wait for its end."""
        ...


class NestedFlow(Protocol):
    """A flow that can be a job of another."""

    name: str

    @property
    def running(self) -> bool:
        """Whether it has been started and has not ended."""
        ...

    @property
    def room(self) -> int:
        """How many items all its jobs can hold at most."""
        ...

    async def begin(self) -> NestedRun:
        """Start it, and return its run."""
        ...

    async def stop(self) -> None:
        """End it."""
        ...

    def parts(self) -> set[Any]:
        """Return this flow and those inside of it."""
        ...


class SubFlow:
    """Runs with the flow that it is part of; its result is that of its last job.

    What it skips is skipped, a failure that it does not handle itself is the failure of the job, an item that its own
    error job took over is done with and counts as skipped. A LastWorkItem ends both flows.
    """

    _run: NestedRun

    def __init__(self, flow: NestedFlow) -> None:
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


def as_processor(subject: Any) -> Any:
    """Return the processor that a flow is; anything else as it is."""
    convert = getattr(type(subject), "as_processor", None)
    return subject if convert is None else convert(subject)
