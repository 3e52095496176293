"""`EventIntake`: submits from outside, accepted until the end of the run, and bounded by `max_pending`."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from framework.core.event import Event, refusal
from framework.core.mailboxes.inbox import Inbox
from framework.core.mailboxes.interruptible import LONGEST
from framework.core.scheduling.scheduler import Scheduler
from framework.errors import MailboxesFull, PipelineEnded

ENDED = (
    "this pipeline has ended and takes no more events: make a new Pipeline, or pipeline.renew() to go on from its "
    "archives"
)


class EventIntake:
    """Submits events from outside of the deliveries, on any thread."""

    def __init__(self, scheduler: Scheduler, max_pending: int | None) -> None:
        """Make submits wait while `max_pending` deliveries wait; None for no limit."""
        self._scheduler = scheduler
        self._max_pending = max_pending

    def submit(self, event: Event) -> int:
        """Accept an event; returns the number of recipients; raises PipelineEnded or MailboxesFull."""
        scheduler = self._scheduler
        with scheduler.lock:  # as `with scheduler.quiet`, which takes it in Python: a sixth of a submit
            if not scheduler.accepting:
                raise PipelineEnded(ENDED)
            inboxes = scheduler.routes.recipients(event)
            if self._max_pending is not None:
                self._wait_for_room(self._max_pending)
            scheduler.accept(event, inboxes)
        return len(inboxes)

    def submit_all(self, events: Iterable[Event]) -> int:
        """Accept events in their order, with the lock taken once; return the number of deliveries.

        Raises PipelineEnded when none of them was accepted (with `max_pending`: only the first ones), NotAnEvent or
        MailboxesFull when those before were.
        """
        if self._max_pending is not None:
            return sum(map(self.submit, events))
        if not isinstance(events, list | tuple):
            events = list(events)  # before the lock is taken: this runs code of the caller
        scheduler = self._scheduler
        with scheduler.lock:
            if not scheduler.accepting:
                raise PipelineEnded(ENDED)
            return scheduler.accept_all(events)

    def redeliver(self, event: Event, inbox: Inbox) -> None:
        """Accept an event for one mailbox only; raises PipelineEnded or NotAnEvent."""
        if not isinstance(event, Event):
            raise refusal(event)
        with self._scheduler.quiet:
            if not self._scheduler.accepting:
                raise PipelineEnded(ENDED)
            self._scheduler.accept(event, (inbox,))

    def _wait_for_room(self, limit: int) -> None:
        scheduler = self._scheduler
        # A delivery or an observer that waited for room could wait for itself.
        if scheduler.is_worker() or scheduler.driver == threading.get_ident():
            return
        while True:
            scheduler.room_wanted = True  # before looking: a worker that makes room after the look must see it
            if scheduler.waiting() < limit:
                return
            if scheduler.driver is None:
                waiting = "1 delivery waits" if limit == 1 else f"{limit} deliveries wait"
                raise MailboxesFull(
                    f"{waiting} (max_pending={limit}) and the pipeline is not running: call start() first, or run() "
                    "what is there"
                )
            scheduler.quiet.wait(LONGEST)
            if not scheduler.accepting:
                raise PipelineEnded(ENDED)
