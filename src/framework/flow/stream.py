"""Results as they come: what `Flow.stream` hands out."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

from framework.flow.queues.envelope import Envelope, ItemEnding, Ticket, TreeTicket
from framework.flow.queues.sources import ItemSource
from framework.flow.signals import LastWorkItem
from framework.flow.terminating import terminable

if TYPE_CHECKING:
    from framework.flow.running.run import FlowRun
    from framework.observe.happenings import Outcome


class Results:
    """Endings in the order they come.

    At most `window` items of the source are under way or unread, and as many results again of items that were made of
    them, so that a slow reader holds the source and the processors back.
    """

    def __init__(self, window: int) -> None:
        self._window = asyncio.Semaphore(window)
        self._endings: deque[tuple[ItemEnding, bool]] = deque()
        self._most = 2 * window
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._closed = False

    async def put(self, run: FlowRun, item: Any) -> None:
        """Put an item whose ending will be handed out; raises FlowEnded."""
        if isinstance(item, LastWorkItem):
            await run.intake.put(item)
            return
        await self._window.acquire()
        await run.intake.put(Envelope(item, self.ticket(is_in_window=True)))

    def ticket(self, *, is_in_window: bool = False) -> Ticket:
        """Return the ticket of an item of the source, or of one that is put beside it, which has no window."""
        return _Unordered(self, is_root=is_in_window)

    def add(self, ending: ItemEnding, *, is_root: bool) -> None:
        """Hand out an ending, of an item of the source or of one that was made of another."""
        self._endings.append((ending, is_root))
        self._changed.set()
        if len(self._endings) >= self._most:
            self._room.clear()

    async def wait_room(self) -> None:
        """Wait until the reader has caught up."""
        await self._room.wait()

    def close(self) -> None:
        """Nothing more will come."""
        self._closed = True
        self._room.set()
        self._changed.set()

    async def next(self) -> ItemEnding | None:
        """Return the next ending; None when nothing more will come."""
        while (ending := self.take()) is None:
            if self._closed:
                return None
            self._changed.clear()
            await self._changed.wait()
        return ending

    def take(self) -> ItemEnding | None:
        """Return an ending that is there."""
        if not self._endings:
            return None
        if len(self._endings) < self._most:
            self._room.set()
        ending, is_root = self._endings.popleft()
        if is_root:
            self._window.release()
        return ending


class _Unordered:
    """The ticket of an item whose ending is handed out whenever it comes."""

    __slots__ = ("_is_root", "results")

    def __init__(self, results: Results, *, is_root: bool) -> None:
        self.results = results
        self._is_root = is_root

    def child(self) -> Ticket:
        return _Unordered(self.results, is_root=False)

    def finish(self, outcome: Outcome, value: Any) -> None:
        self.results.add(ItemEnding(outcome, value), is_root=self._is_root)


class OrderedResults(Results):
    """Endings in the order of the source; those of items that were made of another in its place, as they were made."""

    def __init__(self, window: int) -> None:
        super().__init__(window)
        self._roots: deque[tuple[TreeTicket, bool]] = deque()
        self._is_in_window = False  # the first of the path
        self._path: list[tuple[TreeTicket, int]] = []

    def ticket(self, *, is_in_window: bool = False) -> Ticket:
        """Return the ticket of an item of the source, or of one that is put beside it."""
        node = TreeTicket(lambda _: self._changed.set())
        self._roots.append((node, is_in_window))
        return node

    def take(self) -> ItemEnding | None:
        """Return the next ending in order, if it is there; what has not ended with the flow is passed over."""
        while True:
            if not self._path:
                if not self._roots:
                    return None
                root, self._is_in_window = self._roots.popleft()
                self._path.append((root, 0))
            node, child = self._path[-1]
            if child < len(node.children):
                self._path[-1] = (node, child + 1)
                self._path.append((node.children[child], 0))
            elif node.ending is not None or self._closed:
                self._path.pop()
                if not self._path and self._is_in_window:
                    self._window.release()
                if node.ending is not None:
                    return node.ending
            else:
                return None


async def stream(
    begin: Callable[[], FlowRun],
    source: ItemSource,
    *,
    ordered: bool,
    executor: Executor | None,
    failed: Callable[[FlowRun, BaseException], None],
) -> AsyncGenerator[Any, None]:
    """Drive a run with that source, and hand out the results of its last job."""
    run = begin()
    results = (OrderedResults if ordered else Results)(run.room)
    run.intake.claim()
    run.intake.ticket = results.ticket
    async with terminable(run):
        try:
            await run.started()
            if not run.closing:
                run.intake.feed_from(
                    source, lambda error: failed(run, error), executor=executor, put=lambda item: results.put(run, item)
                )
            run.when_over(results.close)
            run.intake.drive()
            while (ending := await results.next()) is not None:
                if ending.has_result:
                    yield ending.value
            await run.finished()
        finally:
            await run.stop()
