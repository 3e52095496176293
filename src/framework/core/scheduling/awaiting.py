"""Deliveries to processors whose `process` is a coroutine function: they keep their mailbox and hold no worker."""

from __future__ import annotations

import functools
import time
from concurrent.futures import Future
from contextvars import Context as ContextVariables

from framework.core.context import WatchedContext
from framework.core.mailboxes.inbox import Inbox
from framework.core.mailboxes.loop import LoopThread
from framework.core.scheduling.delivery import begin_delivery, end_delivery
from framework.core.scheduling.scheduler import Scheduler


class Awaiting:
    """The awaited deliveries of one scheduler that are under way."""

    def __init__(self, scheduler: Scheduler, loop: LoopThread) -> None:
        self._scheduler = scheduler
        self._loop = loop
        self._since: dict[Inbox, float] = {}
        self._running: dict[Inbox, tuple[Future[None], list[WatchedContext]]] = {}

    def __bool__(self) -> bool:
        """Whether there are any; each is listed until its mailbox is given back."""
        return bool(self._since)

    def running(self) -> dict[Inbox, float]:
        """Return their mailboxes, with the `time.monotonic()` at which they began."""
        return dict(self._since)

    def begin(self, inbox: Inbox, variables: ContextVariables) -> None:
        """Make the next delivery of a mailbox, whose token the caller hands over."""
        contexts: list[WatchedContext] = []
        with self._scheduler.quiet:
            self._since[inbox] = time.monotonic()
            future = self._loop.run(lambda: self._deliver(inbox, contexts), variables, inbox.name)
            self._running[inbox] = future, contexts
        future.add_done_callback(functools.partial(self._ended, inbox, contexts))

    def abandon(self) -> list[str]:
        """Cancel them and go on without them; returns the names of their processors. Call it with `quiet` taken."""
        names = [inbox.name for inbox in self._running]
        for inbox, (future, contexts) in self._running.items():
            for context in contexts:
                context._retire()
            inbox.replace_queue()
            future.cancel()
        self._running.clear()
        self._since.clear()
        return names

    async def _deliver(self, inbox: Inbox, contexts: list[WatchedContext]) -> None:
        scheduler = self._scheduler
        try:
            event = inbox.queue.popleft()
        except IndexError:  # a stop dropped it
            self._end(inbox, contexts)
            return
        context = WatchedContext(scheduler, inbox, event)
        contexts.append(context)
        begun = begin_delivery(scheduler, inbox, event)
        raised: BaseException | None = None
        try:
            await inbox.awaited(context, event)
        except BaseException as error:  # noqa: BLE001 - one delivery never stops the others
            raised = error
        with scheduler.quiet:
            if not self._is_current(inbox, contexts):
                return  # it was left behind
        end_delivery(scheduler, inbox, event, context, begun, raised)
        self._end(inbox, contexts)

    def _ended(self, inbox: Inbox, contexts: list[WatchedContext], future: Future[None]) -> None:
        """End the run for an error of the runtime itself; a delivery that raised has been told already."""
        error = None if future.cancelled() else future.exception()
        if error is not None:
            self._scheduler.break_off(error)
            self._end(inbox, contexts)

    def _is_current(self, inbox: Inbox, contexts: list[WatchedContext]) -> bool:
        running = self._running.get(inbox)
        return running is not None and running[1] is contexts

    def _end(self, inbox: Inbox, contexts: list[WatchedContext]) -> None:
        """Give the mailbox back: to the workers if more waits in it."""
        scheduler = self._scheduler
        with scheduler.quiet:
            if not self._is_current(inbox, contexts):
                return
            if inbox.queue:
                inbox.level.append(inbox)  # stays claimed
            else:
                inbox.release()
            del self._since[inbox], self._running[inbox]
            if any(scheduler.levels) and scheduler.idle and not scheduler.waking:
                scheduler.wake()
            scheduler.quiet.notify_all()
        if scheduler.room_wanted:
            scheduler.make_room()
