"""Plain functions in threads, processes or on a cluster: `executor=`."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any


def offloaded(function: Callable[[Any], Any], executor: Executor) -> Callable[[Any], Awaitable[Any]]:
    """`function` as something to await, run by `executor`.

    Threads see the context of the run, so that prints land in the cell that started it; a context can travel neither
    to another process nor to a cluster. A cancelled item lets a call that has begun run out and forgets its result.
    """
    if isinstance(executor, ThreadPoolExecutor):

        async def in_thread(item: Any) -> Any:
            context = contextvars.copy_context()
            return await asyncio.wrap_future(executor.submit(context.run, function, item))

        return in_thread

    async def elsewhere(item: Any) -> Any:
        return await asyncio.wrap_future(executor.submit(function, item))

    return elsewhere
