"""`Job`: one job of a flow as it was declared. Its runs are `JobRun`s."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping
from typing import Any, Protocol

from framework.errors import LifecycleError, OptionError
from framework.flow.capacity import Capacity, FixedCapacity, scalable, validated, with_workers
from framework.flow.jobs.blueprint import Blueprint, blueprint
from framework.flow.jobs.router import is_factory
from framework.observe import Node, NodeSnapshot
from framework.observe.user_code import defined_at


class LatestRun(Protocol):
    """What a job shows of its latest run."""

    capacity: Capacity

    @property
    def workers(self) -> Collection[Any]:
        """Its workers."""

    @property
    def input(self) -> Any:
        """The queue in front of it."""

    @property
    def output(self) -> Any:
        """The queue that its results go to, None at the end."""


class Job:
    """What `Flow.add` declares: a name, where processors come from, a capacity and limits.

    A job that is a flow or a router stands for several: `flow` holds the one, `arms` those of the other.
    """

    def __init__(self, plan: Blueprint, default: Capacity, added: str = "") -> None:
        self.name = plan.name
        self.added = added
        self.source = plan.source
        self.limits = plan.limits
        self.executor = plan.executor
        self.flow = plan.flow
        self.router = plan.router
        self.latest: LatestRun | None = None
        self._plan = plan
        self._default = default
        arms = {} if plan.router is None else plan.router.arms
        self.arms: Mapping[Hashable, Job] = {
            label: Job(blueprint(arm, None, str(label), {}, known=(), is_factory=is_factory(arm)), default, added)
            for label, arm in arms.items()
        }

    @property
    def is_gate(self) -> bool:
        """Whether it follows each item through all the jobs that it stands for, because of its limits."""
        limits = self.limits
        around: list[object] = [limits.lock, limits.timeout, limits.retry, limits.key]
        if self.flow is not None:
            around += [self._plan.capacity, limits.rate]
        return (self.flow is not None or self.router is not None) and any(limit is not None for limit in around)

    @property
    def capacity(self) -> Capacity:
        """The capacity that the call, the decorators and the flow gave it, in this order."""
        said = self._plan.declaration
        capacity = self._plan.capacity or said.capacity or self._default
        if self._plan.capacity is None and self.flow is not None:
            # its own jobs are its limits: as many items as fit there
            capacity = FixedCapacity(self.flow._room)
        elif self._plan.capacity is None and said.workers is not None:
            capacity = with_workers(capacity, said.workers)
        return scalable(capacity)

    def check(self) -> Capacity:
        """Return a copy of the capacity that a run can rely on; raises OptionError."""
        try:
            return validated(self.capacity)
        except OptionError as error:
            error.add_note(f"in the capacity of {self.name}")
            raise

    @property
    def room(self) -> int:
        """How many items it can hold at most, at work and waiting."""
        if self.flow is not None:
            return self.flow._room
        own = self.capacity.max_workers + self.capacity.queue_length
        return own + sum(arm.room for arm in self.arms.values())

    @property
    def where(self) -> str:
        """The line of the user's code at which what it calls is defined; "" where there is none."""
        return defined_at(self.source.subject if self.router is None else self.router.classify)

    def subflows(self) -> Iterator[Any]:
        """Yield the flows that it stands for."""
        if self.flow is not None:
            yield self.flow
        for arm in self.arms.values():
            yield from arm.subflows()

    def subjects(self) -> Iterator[Any]:
        """Yield what it calls: its processor or factory, or those of what it stands for."""
        if self.flow is not None:
            yield from self.flow._subjects()
        elif self.router is not None:
            yield self.router.classify
        else:
            yield self.source.subject
        for arm in self.arms.values():
            yield from arm.subjects()

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

    def _started(self) -> LatestRun:
        if self.latest is None:
            raise LifecycleError(f"{self.name} has not been started: await flow.start(), or flow.run(source)")
        return self.latest


def idle_snapshot(name: str, capacity: Capacity) -> NodeSnapshot:
    """Return a job that has not been started."""
    least, most = capacity.min_workers, capacity.max_workers
    return NodeSnapshot(name, 0, 0, 0, least, most, 0, 0, 0.0, capacity=capacity.queue_length)


def node_of(name: str, job: Job, capacity: Capacity) -> Node:
    """Return a job as a box of the graph."""
    details = {"workers": f"{capacity.min_workers}..{capacity.max_workers}", "queue": capacity.queue_length}
    return Node(name, "job", name, details={**details, **job.limits.shown()})
