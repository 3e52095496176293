"""Several workers for one target: `make_load_balancer` and `parallelize`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from typing import Any

from framework.errors import WiringError
from framework.reactive.balancing.balanced_worker import (
    BalancedRecords,
    BalancedWorker,
    LoadBalancerRouter,
    LoadBalancerWorkerEmitter,
    LoadBalancerWorkerWrapper,
)
from framework.reactive.balancing.remote_worker import LoadBalancerWorkerOffload
from framework.reactive.balancing.sequencing import LoadBalancerCollector, LoadBalancerSequencer
from framework.reactive.builder import ReactiveBuilder
from framework.reactive.checks import policy, positive
from framework.reactive.policies import SequenceGapPolicy


def make_load_balancer(  # noqa: PLR0913, PLR0917 - the promised signature
    provides: str,
    requires: Iterable[str],
    worker_class: Callable[..., BalancedWorker],
    num_workers: int,
    worker_init_args: Iterable[Any] = (),
    worker_init_kwargs: Mapping[str, Any] | None = None,
    preserve_fifo: bool = True,  # noqa: FBT001, FBT002
    *,
    gap_policy: SequenceGapPolicy | None = None,
    executor: Executor | None = None,
    name: str | None = None,
) -> tuple[ReactiveBuilder, ...]:
    """Make builders that share one target between several workers, round robin.

    Args:
        provides: the target of the results.
        requires: the targets whose artifacts the workers' `build` gets, paired by arrival.
        worker_class: makes a worker, anything with a `build(context, *artifacts)`; a builder's parameters `provides`
            and `requires` are filled in where they are not given. The results of a builder with `persist=True` are
            kept as those of one such builder, whatever the number of workers.
        num_workers: how many; each works on one item at a time.
        worker_init_args: what `worker_class` is called with.
        worker_init_kwargs: the same, by name.
        preserve_fifo: announce results in the order of their items; otherwise as they come.
        gap_policy: what to do about an item whose results do not come; wait by default. A failing item is no gap.
        executor: where the workers build: any `concurrent.futures.Executor` or a Dask client, by default the threads
            of the pipeline. Other processes get copies of the workers, one for each thread: `on_init` is called in
            each, other hooks are not, and what a copy changes stays there.
        name: for the builders; what it provides by default.

    Returns:
        The sequencer, a router and a wrapper (an emitter where order is not preserved) for each worker, the collector.

    Raises:
        OptionError: `num_workers` is not positive.
        WiringError: the workers cannot be made, or have no `build`.
        Unpicklable: a worker cannot be sent to the executor.
    """
    title = name or provides
    policy(title, "gap_policy", gap_policy, "skips", "SkipAheadOnBacklog(1000)")
    count = positive(f"load balancer {title}", "num_workers", num_workers)
    items, results = f"{provides} (items)", f"{provides} (results)"
    args, kwargs = tuple(worker_init_args), dict(worker_init_kwargs or {})
    workers = [_made(worker_class, args, kwargs, provides, requires) for _ in range(count)]
    keeper = workers[0]
    records = BalancedRecords(keeper) if isinstance(keeper, ReactiveBuilder) and keeper.persist else None
    sequencer = LoadBalancerSequencer(items, requires, records, name=f"{title} sequencer")
    sequencer.dedupe = isinstance(keeper, ReactiveBuilder) and keeper.dedupe
    builders: list[ReactiveBuilder] = [sequencer]
    for index, worker in enumerate(workers):
        mine, called = f"{items} of {index}", f"{title} worker {index}"
        builders.append(LoadBalancerRouter(mine, [items], index, count, name=f"{title} router {index}"))
        if executor is not None:
            builders.append(LoadBalancerWorkerOffload(results, [mine], worker, executor, records, name=called))
        elif preserve_fifo:
            builders.append(LoadBalancerWorkerWrapper(results, [mine], worker, records, name=called))
        else:
            builders.append(LoadBalancerWorkerEmitter(results, [mine], worker, records, name=called))
    collector = f"{title} collector"
    builders.append(
        LoadBalancerCollector(provides, [results], gap_policy, preserve_fifo, records=records, name=collector)
    )
    builders[-1]._first_part = sequencer.name
    return tuple(builders)


def parallelize(  # noqa: PLR0913, PLR0917 - the promised signature
    provides: str,
    requires: Iterable[str],
    worker_builder: Callable[..., BalancedWorker],
    num_workers: int,
    preserve_fifo: bool = True,  # noqa: FBT001, FBT002
    worker_init_args: Iterable[Any] = (),
    *,
    gap_policy: SequenceGapPolicy | None = None,
    executor: Executor | None = None,
    **kwargs: Any,
) -> tuple[ReactiveBuilder, ...]:
    """Make a load balancer of a builder class; `kwargs` are its arguments, the rest is as for `make_load_balancer`."""
    return make_load_balancer(
        provides,
        requires,
        worker_builder,
        num_workers,
        worker_init_args,
        kwargs,
        preserve_fifo,
        gap_policy=gap_policy,
        executor=executor,
    )


def _made(
    factory: Callable[..., BalancedWorker],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    provides: str,
    requires: Iterable[str],
) -> BalancedWorker:
    """Make a worker; raises WiringError."""
    if not callable(factory):
        raise WiringError(f"a load balancer takes a class of workers, got {factory!r}; give the class and num_workers")
    try:
        signature = inspect.signature(factory, follow_wrapped=False)  # a FunctionBuilder makes others like it
        given = signature.bind_partial(*args, **kwargs).arguments
        wiring = {"provides": provides, "requires": requires}
        wanted = {key: value for key, value in wiring.items() if key in signature.parameters and key not in given}
        signature.bind(*args, **kwargs, **wanted)
    except (TypeError, ValueError) as error:
        raise WiringError(
            f"{factory!r} cannot make workers with these arguments ({error}): worker_init_args=[...], "
            "worker_init_kwargs={...}"
        ) from error
    worker = factory(*args, **kwargs, **wanted)
    if not callable(getattr(worker, "build", None)):
        raise WiringError(f"a worker has a method build(context, *artifacts), and {worker!r} has none: write one")
    return worker
