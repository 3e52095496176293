"""Routers and workers of a load balancer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from typing import Any, Protocol

from framework.core import Context, Event
from framework.core.context import DetachedContext
from framework.errors import LifecycleError
from framework.reactive.builder import ReactiveBuilder
from framework.reactive.building.artifacts import artifacts_of
from framework.reactive.offloading.offload import OffloadBuilder
from framework.reactive.offloading.remote import Returned
from framework.reactive.offloading.transport import Transport

Numbered = tuple[int, tuple[Any, ...]]
NumberedResults = tuple[int, list[Any]]


class BalancedWorker(Protocol):
    """An object with the `build` of a builder."""

    def build(self, context: Context, *args: Any) -> Iterable[Any]:
        """Yield or return the results for one item."""
        ...


class LoadBalancerRouter(ReactiveBuilder):
    """Announces every n-th item: round robin."""

    def __init__(
        self, provides: str, requires: Iterable[str], index: int, count: int, *, name: str | None = None
    ) -> None:
        """Route for the worker number `index`, from 0, of `count`."""
        super().__init__(provides, requires, name=name)
        self._index = index
        self._count = count

    def build(self, context: Context, item: Numbered) -> Iterable[Numbered]:  # noqa: ARG002 - nothing to submit
        """Announce the item if it is this worker's turn."""
        return [item] if item[0] % self._count == self._index else ()


class _WorkerBuilder(ReactiveBuilder):
    """Calls a worker's `build`, and its hooks when the pipeline calls these."""

    def __init__(
        self, provides: str, requires: Iterable[str], worker: BalancedWorker, *, name: str | None = None
    ) -> None:
        """Wrap a worker."""
        super().__init__(provides, requires, name=name)
        self.worker = worker

    def on_init(self, context: Context) -> None:
        """Call the worker's hook."""
        self._hook("on_init", context)

    def phase(self, context: Context, phase: int) -> None:
        """Call the worker's hook."""
        self._hook("phase", context, phase)

    def on_terminate(self, context: Context) -> None:
        """Call the worker's hook."""
        self._hook("on_terminate", context)

    def _hook(self, name: str, *args: Any) -> None:
        hook = getattr(self.worker, name, None)
        if hook is not None:
            hook(*args)


class LoadBalancerWorkerWrapper(_WorkerBuilder):
    """Announces `(seq, results)` when the worker has built an item, `(seq, [])` when it fails."""

    def build(self, context: Context, item: Numbered) -> Iterator[NumberedResults]:
        """Build one item; a failure announces no results for it, then fails this delivery."""
        number, args = item
        try:
            results = list(artifacts_of(self.worker.build(context, *args), self.worker.build))
        except BaseException:
            yield number, []
            raise
        yield number, results


class LoadBalancerWorkerEmitter(_WorkerBuilder):
    """Announces `(seq, [result])` for each result at once: for load balancers that do not preserve order."""

    def build(self, context: Context, item: Numbered) -> Iterator[NumberedResults]:
        """Build one item."""
        number, args = item
        for result in artifacts_of(self.worker.build(context, *args), self.worker.build):
            yield number, [result]


class LoadBalancerWorkerOffload(OffloadBuilder):
    """Builds items with copies of the worker on an executor; announces as a wrapper does."""

    def __init__(
        self,
        provides: str,
        requires: Iterable[str],
        worker: BalancedWorker,
        executor: Executor,
        *,
        name: str | None = None,
    ) -> None:
        """Send items to an executor, two at a time so that a process does not wait for the next."""
        transport = Transport(executor, max_pending=2, ordered=False)
        super().__init__(provides, requires, RemoteWorker(worker), transport, name=name)

    def results(self, inputs: tuple[Any, ...], returned: Returned) -> Iterable[NumberedResults]:
        """Return the results with their number."""
        number, _ = inputs[0]
        return [(number, returned.artifacts if returned.error is None else [])]


class RemoteWorker:
    """Calls a worker in a process without a pipeline."""

    def __init__(self, worker: BalancedWorker) -> None:
        """Wrap a worker."""
        self.worker = worker
        self.__qualname__ = f"worker {type(worker).__qualname__}"

    def __call__(self, item: Numbered) -> Iterable[Any]:
        """Build one item."""
        _, args = item
        return artifacts_of(self.worker.build(RemoteContext(type(self.worker).__name__), *args), self.worker.build)


class RemoteContext(DetachedContext):
    """The context of a build that runs on an executor."""

    __slots__ = ()

    def submit(self, event: Event) -> int:
        """Refuse: there are no recipients in this process.

        Raises:
            LifecycleError: always.
        """
        raise LifecycleError(f"a worker on an executor is away from its pipeline and cannot submit {event!r}: yield it")
