"""Routers and workers of a load balancer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, Protocol

from framework.core import Context
from framework.core.identity.input_key import input_key
from framework.reactive.builder import ReactiveBuilder
from framework.reactive.building.artifacts import artifacts_of
from framework.reactive.building.build_records import BuildRecords
from framework.reactive.building.origin import Made, derived, origins_of

Numbered = tuple[int, tuple[Any, ...]]
NumberedResults = tuple[int, list[Any]]

UNNUMBERED = -1
"""The number of what a hook of a worker yields: it is announced as it comes."""


class BalancedRecords(BuildRecords):
    """The records of all workers of a load balancer, in the archive that one of them alone would have.

    So results do not depend on the number of workers, nor on whether there is a load balancer at all.
    """

    def __init__(self, keeper: ReactiveBuilder) -> None:
        """Keep what `keeper`, one of equal workers, builds."""
        super().__init__(keeper.provides)
        self.keeper = keeper


class BalancedWorker(Protocol):
    """An object with the `build` of a builder."""

    def build(self, context: Context, *args: Any) -> Iterable[Any]:
        """Yield or return the results for one item."""


class LoadBalancerRouter(ReactiveBuilder):
    """Announces every n-th item: round robin."""

    _plumbing = True

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


class WorkerHooks(ReactiveBuilder):
    """A builder that does the work of a load balancer with a worker, whose hooks it calls where that is used here."""

    worker: BalancedWorker
    _here = True
    """Whether the worker itself builds, and no copy of it in another process."""

    def on_init(self, context: Context) -> Iterable[Any] | None:
        """Call the worker's hook; a copy calls it before its first item."""
        return call_hook(self.worker, "on_init", context) if self._here else None

    def phase(self, context: Context, phase: int) -> Iterable[Any] | None:
        """Call the worker's hook."""
        return call_hook(self.worker, "phase", context, phase) if self._here else None

    def on_terminate(self, context: Context) -> Iterable[Any] | None:
        """Call the worker's hook."""
        return call_hook(self.worker, "on_terminate", context) if self._here else None

    @property
    def _opens_archive(self) -> bool:
        return self._archived_as is not None


class _WorkerBuilder(WorkerHooks):
    """Calls a worker's `build`."""

    def __init__(
        self,
        provides: str,
        requires: Iterable[str],
        worker: BalancedWorker,
        records: BalancedRecords | None = None,
        *,
        name: str | None = None,
    ) -> None:
        """Wrap a worker, whose results are kept in `records` if there are any."""
        super().__init__(provides, requires, name=name)
        self.worker = worker
        self._archived_as = None if records is None else records.keeper
        self._records = records

    def _results(self, context: Context, item: Numbered) -> tuple[Made, Iterator[Any]]:
        number, args = item
        made = Made(self.name, self.provides)
        if self._records is None:
            return made, self._built(context, args)
        records, archive, key = self._records, context.archive, input_key(args, name="inputs")
        archived = records.archived(archive, key, made, number)
        if archived is not None:
            return made, archived
        build = partial(self._built, context)
        return made, records.built(archive, key, args, build, made, origins_of(context), number)

    def _built(self, context: Context, args: tuple[Any, ...]) -> Iterator[Any]:
        return artifacts_of(self.worker.build(context, *args), self.worker.build)


class LoadBalancerWorkerWrapper(_WorkerBuilder):
    """Announces `(seq, results)` when the worker has built an item, `(seq, [])` when it fails."""

    def build(self, context: Context, item: Numbered) -> Iterator[Any]:
        """Build one item; a failure announces no results for it, then fails this delivery."""
        try:
            made, artifacts = self._results(context, item)
            results = list(artifacts)
        except BaseException:
            yield item[0], []
            raise
        yield derived(context, (item[0], results), made, origins_of(context))


class LoadBalancerWorkerEmitter(_WorkerBuilder):
    """Announces `(seq, [result])` for each result at once: for load balancers that do not preserve order."""

    def build(self, context: Context, item: Numbered) -> Iterator[Any]:
        """Build one item."""
        made, artifacts = self._results(context, item)
        for place, result in enumerate(artifacts):
            yield derived(context, (item[0], [result]), made, origins_of(context), place)


def call_hook(worker: BalancedWorker, name: str, *args: Any) -> Iterator[NumberedResults] | None:
    """Call a hook of a worker that has it; return what it announces."""
    hook = getattr(worker, name, None)
    found = None if hook is None else hook(*args)
    return None if hook is None or found is None else ((UNNUMBERED, [one]) for one in artifacts_of(found, hook))
