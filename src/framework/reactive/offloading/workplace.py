"""`Workplace`: an executor, and how work gets there and back."""

from __future__ import annotations

import logging
import multiprocessing
import pickle
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any, TypeGuard

from framework.errors import WiringError
from framework.reactive.collecting import positive
from framework.reactive.offloading.remote import Function, Returned, call, call_packed, pack

logger = logging.getLogger(__name__)

MAX_PENDING = 128

Go = Callable[[tuple[Any, ...]], Future[Any]]


class Workplace:
    """Runs functions on any executor: threads get them as they are, all others as pickles.

    It counts as nothing in the identity of a builder: where work is done does not change its results.
    """

    def __init__(self, executor: Executor, *, max_pending: int = MAX_PENDING, ordered: bool = True) -> None:
        """Work on an executor, which stays the caller's.

        Args:
            executor: what runs the functions.
            max_pending: how many inputs may be under way.
            ordered: whether results keep the order of their inputs.

        Raises:
            WiringError: it is no executor.
            OptionError: `max_pending` is not positive.
        """
        if isinstance(executor, type) or not callable(getattr(executor, "submit", None)):
            raise WiringError(
                f"executor is a concurrent.futures.Executor, got {executor!r}: ThreadPoolExecutor(); "
                "of a Dask client: client.get_executor()"
            )
        self.max_pending = positive("offload", "max_pending", max_pending)
        self.ordered = ordered
        self._executor = executor
        self._own: ProcessPoolExecutor | None = None

    def road(self, function: Function) -> Go:
        """How inputs get to a function there: call it with the arguments, then read the future with `arrived`.

        Raises:
            Unpicklable: the function cannot travel.
        """
        if isinstance(self._executor, ThreadPoolExecutor):
            return lambda arguments: self._executor.submit(call, function, arguments)
        packed = pack(function, getattr(function, "__qualname__", repr(function)))

        def go(arguments: tuple[Any, ...]) -> Future[Any]:
            return self._spawning().submit(call_packed, packed, pack(arguments, "an input"))

        return go

    def close(self) -> None:
        """End the processes that were started here; those of the caller's executor are the caller's."""
        own, self._own = self._own, None
        if own is not None:
            own.shutdown(wait=False, cancel_futures=True)

    def _spawning(self) -> Executor:
        """The executor; for a pool that would fork, one like it that spawns.

        A pipeline has threads, and a forked child waits for ever for a lock that one of them held.
        """
        if not _would_fork(self._executor):
            return self._executor
        if self._own is None:
            logger.warning("a process pool that forks may hang beside threads: spawning processes instead")
            self._own = _spawning_like(self._executor)
        return self._own

    def __reduce__(self) -> str:
        """Only that it is one: an executor is neither data nor code."""
        return type(self).__qualname__


def _would_fork(executor: Executor) -> TypeGuard[ProcessPoolExecutor]:
    if type(executor) is not ProcessPoolExecutor or vars(executor)["_processes"]:
        return False
    return vars(executor)["_mp_context"].get_start_method() == "fork"  # type: ignore[no-any-return]


def _spawning_like(pool: ProcessPoolExecutor) -> ProcessPoolExecutor:
    state = vars(pool)
    spawn = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(state["_max_workers"], spawn, state["_initializer"], state["_initargs"])


def arrived(future: Future[Any]) -> Returned:
    """What came of a call.

    Raises:
        Exception: whatever the executor raises: a broken pool, a cluster that is gone.
    """
    result = future.result()
    returned: Returned = pickle.loads(result) if isinstance(result, bytes) else result  # noqa: S301 - by call_packed
    return returned
