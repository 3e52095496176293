"""Results as they come: what `Flow.stream` hands out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING, Any

from framework.errors import FlowEnded
from framework.flow.running.envelope import Ending, Envelope, FutureTicket
from framework.flow.signals import LastWorkItem
from framework.flow.sources import Source

if TYPE_CHECKING:
    from framework.flow.running.run import FlowRun
    from framework.observe.happenings import Outcome


class Results:
    """Endings of items, in the order they come or in the order of the source.

    At most `window` items are under way or unread, so that a slow reader holds the source back.
    """

    def __init__(self, window: int, *, ordered: bool) -> None:
        self._ordered = ordered
        self._window = asyncio.Semaphore(window)
        self._endings: asyncio.Queue[Ending | FutureTicket | None] = asyncio.Queue()

    async def put(self, run: FlowRun, item: Any) -> None:
        """Put an item whose ending will be handed out.

        Raises:
            FlowEnded: the flow has ended.
        """
        if isinstance(item, LastWorkItem):
            await run.put(item)
            return
        await self._window.acquire()
        if not self._ordered:
            await run.put(Envelope(item, self))
            return
        ticket = FutureTicket(asyncio.get_running_loop())
        self._endings.put_nowait(ticket)
        try:
            await run.put(Envelope(item, ticket))
        except (FlowEnded, asyncio.CancelledError):
            ticket.finish("dropped")
            raise

    def finish(self, outcome: Outcome, value: Any) -> None:
        """Be the ticket of every item, where the order does not matter."""
        self._endings.put_nowait(Ending(outcome, value))

    def close(self) -> None:
        """Nothing more will come."""
        self._endings.put_nowait(None)

    async def next(self) -> Ending | None:
        """The ending of the next item; None when nothing more will come."""
        ending = await self._endings.get()
        if isinstance(ending, FutureTicket):
            ending = await ending.ending
        self._window.release()
        return ending


async def stream(begin: Callable[[], FlowRun], source: Source, *, ordered: bool) -> AsyncGenerator[Any, None]:
    """Drive a run with that source, and hand out the results of its last job."""
    run = begin()
    results = Results(run.room, ordered=ordered)
    run.claim()
    try:
        await run.started()
        run.feed_from(source, lambda item: results.put(run, item))
        run.when_over(results.close)
        run.drive()
        while (ending := await results.next()) is not None:
            if ending.outcome == "done" and not isinstance(ending.value, LastWorkItem):
                yield ending.value
        await run.finished()
    finally:
        await run.stop()
