"""`Cluster`: calls on the workers of a Dask cluster, with the futures of its client.

Not with those of `client.get_executor()`: its `_cascade_future` reads the status of a future after its result has
arrived. When a worker dies while results are gathered, another gather may have reset the status by then, and a result
is taken for an error ("too many values to unpack (expected 3)").
"""

from __future__ import annotations

import asyncio
import hashlib
import weakref
from collections import deque
from concurrent.futures import Executor, Future
from typing import Any

from framework.reactive.offloading.remote import call_packed, pack

LARGE = 2**18
"""Arguments whose pickle has more bytes are scattered: the scheduler sees their key only, and each travels once."""

KEPT = 2**28
"""How many bytes of scattered arguments stay on the cluster for calls that may come."""

PATIENCE = 2
"""Seconds that an argument which is to be scattered waits for a worker."""

ATTEMPTS = 3
"""How often arguments are scattered, and a call is submitted, where a worker died that got or held them.

Dask itself repeats all other calls.
"""

_clusters: weakref.WeakKeyDictionary[Any, Cluster] = weakref.WeakKeyDictionary()  # by client


class Cluster:
    """Calls functions on a cluster; builders of one client share it, so that an argument of several travels once.

    All but `submit` runs on the event loop of the client.
    """

    def __init__(self, client: Any) -> None:
        """Use a `distributed.Client`, which is not kept alive; `cluster_of` makes it."""
        self._client = weakref.proxy(client)
        self._scattered: weakref.WeakValueDictionary[bytes, Any] = weakref.WeakValueDictionary()
        self._scattering: dict[bytes, asyncio.Task[Any]] = {}
        self._recent: deque[tuple[int, Any]] = deque()
        self._recent_bytes = 0

    def threads(self) -> int:
        """Return how many threads the workers have in all; 0 if the client is closed."""
        return sum(self._client.nthreads().values()) if self._client.status == "running" else 0

    def submit(self, executor: Executor, function: bytes, arguments: tuple[Any, ...]) -> Future[bytes]:
        """Call a packed function; the result is that of `call_packed`; raises Unpicklable or RuntimeError."""
        state = vars(executor)
        if state["_shutdown"] or self._client.status != "running":
            raise RuntimeError("the Dask client or its executor is closed: cannot schedule new calls")
        packed = pack(arguments, "an input")
        parts = [packed] if len(packed) <= LARGE else [pack((argument,), "an input") for argument in arguments]
        call = self._call(state["_kwargs"], [function, *parts], state["_futures"])
        return asyncio.run_coroutine_threadsafe(call, self._client.loop.asyncio_loop)

    async def _call(self, options: dict[str, Any], parts: list[bytes], futures: Any) -> bytes:
        from distributed.client import FutureCancelledError

        attempt = 1
        while True:
            arguments = [part if len(part) <= LARGE else await self._placed(part) for part in parts]
            future = self._client.submit(call_packed, *arguments, **{"pure": False, **options})
            futures.add(future)  # the executor cancels them when it is shut down
            try:
                result: bytes = await future
            except FutureCancelledError:
                if attempt == ATTEMPTS or self._client.status != "running" or not self._forget(arguments):
                    raise
                attempt += 1
            except asyncio.CancelledError:  # of this call: the run was stopped
                future.cancel()
                raise
            else:
                return result

    async def _placed(self, part: bytes) -> Any:
        """Return the future of a scattered value; the value itself where no worker takes it now."""
        key = hashlib.blake2b(part, digest_size=16).digest()
        future = self._scattered.get(key)
        if future is not None:
            return future
        if key not in self._scattering:
            self._scattering[key] = asyncio.ensure_future(self._scatter(key, part))
        return await asyncio.shield(self._scattering[key])

    async def _scatter(self, key: bytes, part: bytes) -> Any:
        try:
            future = await self._sent(part)
        finally:
            del self._scattering[key]
        if future is None:
            return part
        self._scattered[key] = future
        self._recent.append((len(part), future))
        self._recent_bytes += len(part)
        while self._recent_bytes > KEPT and len(self._recent) > 1:
            self._recent_bytes -= self._recent.popleft()[0]
        return future

    async def _sent(self, part: bytes) -> Any:
        """Scatter a value; return None where no worker takes it: a call that carries it waits until one does.

        So an adaptive cluster without workers starts some, as it does for calls only.
        """
        for _ in range(ATTEMPTS):
            try:
                if not await self._client.scheduler.ncores_running(workers=None):
                    return None
                (future,) = await self._client.scatter([part], hash=False, timeout=PATIENCE)
            except TimeoutError:  # all have left or are paused since
                return None
            except OSError:  # the worker died that was to get it: the scheduler names no other by itself
                if self._client.status != "running":
                    raise
            else:
                return future
        return None

    def _forget(self, arguments: list[Any]) -> bool:
        """Have lost arguments scattered anew at the next attempt; return whether there are any."""
        lost = {id(argument) for argument in arguments if not isinstance(argument, bytes)}
        for key, future in tuple(self._scattered.items()):
            if id(future) in lost:
                del self._scattered[key]
        return bool(lost)


def cluster_of(executor: object) -> Cluster | None:
    """Return the cluster of the executor of a Dask client; None for another executor."""
    if type(executor).__module__ != "distributed.cfexecutor":
        return None
    client = vars(executor)["_client"]
    cluster = _clusters.get(client)
    if cluster is None:
        cluster = _clusters[client] = Cluster(client)
    return cluster
