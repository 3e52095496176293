"""`Job`: one job of a flow as it was declared. Its runs are `JobRun`s."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from framework.errors import LifecycleError, OptionError
from framework.flow.capacity import Capacity, scalable, with_workers
from framework.observe import Node, NodeSnapshot

if TYPE_CHECKING:
    from collections.abc import Collection

    from framework.flow.jobs.blueprint import Blueprint


class Run(Protocol):
    """What a job shows of its latest run."""

    capacity: Capacity
    workers: Collection[Any]

    @property
    def input(self) -> Any:
        """The queue in front of it."""
        ...

    @property
    def output(self) -> Any:
        """The queue that its results go to, None at the end."""
        ...

    @property
    def handed_on(self) -> int:
        """How many items it handed to the next job."""
        ...

    @property
    def reported(self) -> int:
        """How many items it handed to the error job."""
        ...

    def snapshot(self) -> NodeSnapshot:
        """The job as it is now."""
        ...


class Job:
    """What `Flow.add` declares: a name, where processors come from, a capacity and limits."""

    def __init__(self, plan: Blueprint, default: Capacity) -> None:
        self.name = plan.name
        self.source = plan.source
        self.limits = plan.limits
        self.executor = plan.executor
        self.subflows = plan.subflows
        self.latest: Run | None = None
        self._plan = plan
        self._default = default

    @property
    def capacity(self) -> Capacity:
        """The capacity that the call, the decorators and the flow gave it, in this order."""
        said = self._plan.declaration
        capacity = self._plan.capacity or said.capacity or self._default
        if self._plan.capacity is None and said.workers is not None:
            capacity = with_workers(capacity, said.workers)
        return scalable(capacity)

    def check(self) -> Capacity:
        """Return a copy of the capacity that a run can rely on.

        Raises:
            OptionError: it makes no sense.
        """
        try:
            return self.capacity.validated()
        except OptionError as error:
            error.add_note(f"in the capacity of {self.name}")
            raise

    # The names of the class diagram, each about the latest run.

    @property
    def _input(self) -> Any:
        return self._started().input

    @property
    def _output(self) -> Any:
        return self._started().output

    @property
    def _cap(self) -> Capacity:
        return self.capacity if self.latest is None else self.latest.capacity

    @property
    def _workers(self) -> Collection[Any]:
        return () if self.latest is None else self.latest.workers

    def _started(self) -> Run:
        if self.latest is None:
            raise LifecycleError(f"{self.name} has not been started: await flow.start(), or flow.run(source)")
        return self.latest

    def snapshot(self) -> NodeSnapshot:
        """The job as it is now, or as it would start."""
        if self.latest is not None:
            return self.latest.snapshot()
        cap = self.capacity
        return NodeSnapshot(self.name, 0, 0, 0, cap.min_workers, cap.max_workers, 0, 0, 0.0, capacity=cap.queue_length)

    def node(self) -> Node:
        """The job as a box of the graph."""
        cap = self._cap
        details = {"workers": f"{cap.min_workers}..{cap.max_workers}", "queue": cap.queue_length}
        return Node(self.name, "job", self.name, details={**details, **self.limits.shown()})
