"""`Transport`: calls functions on an executor."""

from __future__ import annotations

import logging
import multiprocessing
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any, TypeGuard

from framework.errors import WiringError
from framework.reactive.checks import positive
from framework.reactive.offloading.cluster import cluster_of
from framework.reactive.offloading.remote import Function, Returned, call, call_packed, pack, unpack

logger = logging.getLogger(__name__)

MAX_PENDING = 128
PENDING_PER_THREAD = 4
"""Of a cluster: so many calls for each of its threads, where that is more than `MAX_PENDING`."""

Submit = Callable[[tuple[Any, ...]], Future[Any]]


class Transport:
    """Calls functions on an executor: threads get them as they are, all others as pickles.

    It does not count in the identity of a builder: where work is done does not change its results.
    """

    def __init__(self, executor: Executor, *, max_pending: int | None = None, ordered: bool = True) -> None:
        if callable(getattr(executor, "get_executor", None)) and not isinstance(executor, type):
            executor = executor.get_executor()  # type: ignore[attr-defined]  # of a Dask client
        if isinstance(executor, type) or not callable(getattr(executor, "submit", None)):
            raise WiringError(
                f"executor is a concurrent.futures.Executor, got {executor!r}: ThreadPoolExecutor(); "
                "of a Dask client: client.get_executor()"
            )
        self._cluster = cluster_of(executor)
        if max_pending is None:
            threads = 0 if self._cluster is None else self._cluster.threads()
            max_pending = max(MAX_PENDING, PENDING_PER_THREAD * threads)
        self.max_pending = positive("offload", "max_pending", max_pending)
        self.ordered = ordered
        self._executor = executor
        self._own: ProcessPoolExecutor | None = None

    @property
    def shares_objects(self) -> bool:
        """Return whether functions and artifacts are those of this process, not copies."""
        return isinstance(self._executor, ThreadPoolExecutor)

    def bind(self, function: Function) -> Submit:
        """Return a callable that submits the arguments of a function; read its future with `arrived`.

        Raises:
            Unpicklable: the function cannot be sent to another process.
        """
        if self.shares_objects:
            return lambda arguments: self._executor.submit(call, function, arguments)
        packed = pack(function, getattr(function, "__qualname__", repr(function)))
        cluster = self._cluster
        if cluster is not None:
            return lambda arguments: cluster.submit(self._executor, packed, arguments)

        def submit(arguments: tuple[Any, ...]) -> Future[Any]:
            return self._spawning().submit(call_packed, packed, pack(arguments, "an input"))

        return submit

    @staticmethod
    def arrived(future: Future[Any]) -> Returned:
        """Return the result of a call.

        Raises:
            Exception: the executor failed: a broken pool, a closed cluster.
        """
        result = future.result()
        return unpack(result) if isinstance(result, bytes) else result  # of a thread

    def close(self) -> None:
        """Shut down the pool that was made in place of one that forks."""
        own, self._own = self._own, None
        if own is not None:
            own.shutdown(wait=False, cancel_futures=True)

    def _spawning(self) -> Executor:
        """Return the executor, or a pool that spawns in place of one that forks.

        A pipeline has threads, and a forked child waits forever for a lock that one of them held.
        """
        if not _would_fork(self._executor):
            return self._executor
        if self._own is None:
            logger.warning("a process pool that forks may hang beside threads: spawning processes instead")
            self._own = _spawning_like(self._executor)
        return self._own

    def __reduce__(self) -> str:
        """Reduce to the name of the class, for digests: an executor is neither data nor code."""
        return type(self).__qualname__


def _would_fork(executor: Executor) -> TypeGuard[ProcessPoolExecutor]:
    if type(executor) is not ProcessPoolExecutor or vars(executor)["_processes"]:
        return False
    return vars(executor)["_mp_context"].get_start_method() == "fork"  # type: ignore[no-any-return]


def _spawning_like(pool: ProcessPoolExecutor) -> ProcessPoolExecutor:
    state = vars(pool)
    spawn = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(state["_max_workers"], spawn, state["_initializer"], state["_initargs"])
