"""Workers of a load balancer on an executor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from typing import Any

from framework.core import Context, Event
from framework.core.context import DetachedContext
from framework.errors import LifecycleError, Unpicklable
from framework.reactive.balancing.balanced_worker import (
    BalancedRecords,
    BalancedWorker,
    NumberedResults,
    WorkerHooks,
    call_hook,
)
from framework.reactive.builder import ReactiveBuilder
from framework.reactive.building.artifacts import artifacts_of
from framework.reactive.building.buildable import Buildable
from framework.reactive.building.building import Building
from framework.reactive.offloading.offload import OffloadBuilder, OffloadCalls
from framework.reactive.offloading.remote import pack
from framework.reactive.offloading.transport import Submit, Transport


class LoadBalancerWorkerOffload(WorkerHooks, OffloadBuilder):
    """Builds items with copies of the worker on an executor; announces as a wrapper does."""

    def __init__(  # noqa: PLR0913 - internal: what make_load_balancer knows
        self,
        provides: str,
        requires: Iterable[str],
        worker: BalancedWorker,
        executor: Executor,
        records: BalancedRecords | None = None,
        *,
        name: str | None = None,
    ) -> None:
        """Send items to an executor; to processes two at a time, so that they need not wait for the next."""
        transport = Transport(executor, ordered=False)
        self._here = transport.shares_objects
        transport.max_pending = 1 if self._here else 2  # an object of this process works on one item at a time
        self.worker = worker
        self._records = records
        self._archived_as = None if records is None else records.keeper
        super().__init__(provides, requires, RemoteWorker(worker), transport, name=name)

    def build(self, context: Context, *args: Any) -> Iterable[NumberedResults]:  # noqa: ARG002 - as an OffloadBuilder
        """Build one item in this process, to rerun a failure."""
        ((number, arguments),) = args
        return [(number, list(self._function(*arguments)))]

    def _begin(self) -> Building:
        return _NumberedCalls(self, self._transport, self._submit, self._records)


class _NumberedCalls(OffloadCalls):
    """Sends items without their numbers, and announces the results with them."""

    def __init__(
        self, builder: Buildable, transport: Transport, submit: Submit, records: BalancedRecords | None
    ) -> None:
        super().__init__(builder, transport, submit)
        if records is not None:  # those of all workers, which are kept without `persist`
            self.records, self._kept = records, True

    def _arguments(self, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        arguments: tuple[Any, ...] = inputs[0][1]
        return arguments

    def _place(self, inputs: tuple[Any, ...]) -> int:
        number: int = inputs[0][0]
        return number

    def _announced(self, inputs: tuple[Any, ...], artifacts: Iterator[Any]) -> Iterable[NumberedResults]:
        return ((number, results) for number, results in [(self._place(inputs), list(artifacts))])


class RemoteWorker:
    """Calls a worker outside of the pipeline; each thread of another process has a copy of its own."""

    def __init__(self, worker: BalancedWorker) -> None:
        self.worker = worker
        self.__qualname__ = f"worker {type(worker).__qualname__}"

    def __call__(self, *args: Any) -> Iterable[Any]:
        """Build one item."""
        return artifacts_of(self.worker.build(RemoteContext(type(self.worker).__name__), *args), self.worker.build)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel as the worker, or as its class and constructor arguments where its attributes cannot travel."""
        worker = self.worker
        if isinstance(worker, ReactiveBuilder):
            try:
                pack(worker, "a worker")
            except Unpicklable:
                args, kwargs = worker._arguments
                return _remade, (type(worker), args, kwargs, _portable(worker.__getstate__()))
        return _arrived, (worker,)


def _portable(attributes: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes that can be sent: also those that were assigned after the worker was made."""
    found = {}
    for name, value in attributes.items():
        try:
            pack(value, name)
        except Unpicklable:
            continue  # `__init__` makes another one there
        found[name] = value
    return found


def _remade(
    kind: type[ReactiveBuilder], args: tuple[Any, ...], kwargs: dict[str, Any], state: dict[str, Any]
) -> RemoteWorker:
    worker = kind(*args, **kwargs)
    vars(worker).update(state)
    return _arrived(worker)


def _arrived(worker: BalancedWorker) -> RemoteWorker:
    """Begin to use a copy of a worker; raises BuildError."""
    found = call_hook(worker, "on_init", RemoteContext(type(worker).__name__))
    if found is not None:
        for _, artifacts in found:
            raise LifecycleError(f"on_init of a worker on an executor cannot announce artifacts, got {artifacts!r}")
    return RemoteWorker(worker)


class RemoteContext(DetachedContext):
    """The context of a build that runs on an executor."""

    __slots__ = ()

    def submit(self, event: Event) -> int:
        """Raise LifecycleError: there are no recipients in this process."""
        raise LifecycleError(f"a worker on an executor is away from its pipeline and cannot submit {event!r}: yield it")
