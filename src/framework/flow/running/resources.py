"""`SharedResources`: what the workers of a job share, held by one task for the length of a run."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import AsyncExitStack
from contextvars import Context
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from framework.flow.jobs.processors import ProcessorSource


class SharedResources:
    """Enters and leaves them in one task, as resources built on cancel scopes demand."""

    def __init__(self, sources: Iterable[ProcessorSource], name: str, context: Context) -> None:
        """Begin to enter them."""
        loop = asyncio.get_running_loop()
        self._sources = list(sources)
        self._release: asyncio.Future[BaseException | None] = loop.create_future()
        self.entered: asyncio.Future[None] = loop.create_future()
        self.task: asyncio.Task[None] = asyncio.Task(self._hold(), loop=loop, name=f"{name}/resources", context=context)

    async def _hold(self) -> None:
        async with AsyncExitStack() as stack:
            for source in self._sources:
                await source.open(stack)
            self.entered.set_result(None)
            reason = await self._release
            if reason is not None:
                raise reason

    @property
    def error(self) -> BaseException | None:
        """What one of them raised when it was left, beyond the reason that it was given."""
        if not self.task.done() or self.task.cancelled():
            return None
        error, reason = self.task.exception(), self._release.result() if self._release.done() else None
        return None if error is reason else error

    def release(self, reason: BaseException | None) -> None:
        """Leave them; with a reason they see that exception, as the body of `async with` would have raised it."""
        if not self.entered.done():
            self.task.cancel()
        elif not self._release.done():
            self._release.set_result(reason)
