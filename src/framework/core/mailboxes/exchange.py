"""`Exchange`: what goes into the mailboxes, and what waits outside of them. `Scheduler` derives from it."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from framework.core.event import Event
from framework.core.mailboxes.deferrals import Deferrals, Deferred
from framework.core.mailboxes.hold import Hold, OpenHolds
from framework.core.mailboxes.inbox import Inbox
from framework.core.mailboxes.init_buffer import InitBuffer
from framework.core.mailboxes.loop import LoopThread
from framework.core.mailboxes.observation import Observation
from framework.core.mailboxes.routing import RoutingTable
from framework.observe.recording.log import CHUNK

if TYPE_CHECKING:
    from framework.archive import Archive
    from framework.observe.recording.history import History


class ArchiveSource(Protocol):
    """Finds the archive of a processor."""

    def of(self, inbox: Inbox) -> Archive:
        """Return the archive of a processor's own results."""


class Exchange(ABC):
    """Puts events into mailboxes and marks those mailboxes as ready; delivers nothing.

    `quiet` is the condition that everything outside of deliveries shares: submits from outside, holds, the decision
    that a phase is over and the one that nothing more is accepted. Workers take it only when the last of them parks.
    """

    def __init__(
        self, inboxes: Sequence[Inbox], routes: RoutingTable, observation: Observation, archives: ArchiveSource
    ) -> None:
        self.inboxes = tuple(inboxes)
        self.routes = routes
        self.observation = observation
        self.archives = archives
        self.phase = 0
        self.loop: LoopThread
        """Where coroutines are awaited; made by the scheduler."""
        self.dropped = 0
        self.accepting = True
        self.halted = False
        self.room_wanted = False
        self.holds = OpenHolds()
        # Reentrant, because a leaked hold may be collected on a thread that is in here already.
        self.lock = threading.RLock()
        self.quiet = threading.Condition(self.lock)  # taken through `lock`, in C, where no thread waits or is woken
        self.idle: list[Any] = []  # parked workers; a submit wakes one of them unless `waking`
        self.waking = False
        self._init_buffer = InitBuffer()
        self._deferrals = Deferrals(self._post_to_itself)

    @abstractmethod
    def wake(self) -> None:
        """Wake a worker if a drain is running."""

    # -- into the mailboxes

    def post(self, event: Event, inboxes: Iterable[Inbox]) -> None:
        """Put an event into mailboxes and schedule those that are not scheduled yet."""
        for inbox in inboxes:
            inbox.queue.append(event)
            if inbox.token:
                inbox.schedule()
                if self.idle and not self.waking:
                    self.wake()

    def announce(self, event: Event) -> int:
        """Send a control event between two drains; returns the number of recipients.

        It enters all mailboxes before any of them is scheduled: else what the first recipients submit could overtake
        it on the way to the others.
        """
        with self.quiet:
            inboxes = self.routes.control(event)
            if inboxes and self.observation.watched:  # a control event without recipients is no dead letter
                self.observation.submitted(event, None, None, inboxes, self.phase)
            for inbox in inboxes:
                inbox.queue.append(event)
            for inbox in inboxes:
                inbox.schedule()
        return len(inboxes)

    def accept(self, event: Event, inboxes: tuple[Inbox, ...]) -> None:
        """Post an event from outside; call it with `quiet` taken."""
        if self.observation.watched:
            self.observation.submitted(event, None, None, inboxes, self.phase)
        if self._init_buffer.open:
            self._init_buffer.add(event, inboxes)
        else:
            self.post(event, inboxes)

    def accept_all(self, events: Sequence[Event]) -> int:
        """Post events from outside in their order and count the recipients; call it with `quiet` taken."""
        history = self.observation.history
        if self.observation.told or self._init_buffer.open:
            return sum(self._accept_one(event) for event in events)
        if history is not None:
            return self._accept_recorded(events, history)
        routes, rows, recipients = self.routes, self.routes.rows, 0
        # `RoutingTable.recipients` and `post` written out, as in `Context.submit`: calls would double the cost.
        for event in events:
            try:
                found = rows[event.__class__][event.name]
            except (KeyError, TypeError, AttributeError):  # not asked for before, or no event
                found = routes.recipients(event)
            inboxes = found if found.__class__ is tuple else found.select(event)  # type: ignore[union-attr]
            for inbox in inboxes:
                recipients += 1
                inbox.queue.append(event)
                if inbox.token:
                    inbox.schedule()
                    if self.idle and not self.waking:
                        self.wake()
        self.quiet.notify_all()  # a simulation may be waiting
        return recipients

    def _accept_recorded(self, events: Sequence[Event], history: History) -> int:
        """Do the same, and write all of a batch into the history before any of it is posted."""
        routes, rows, recipients, writer = self.routes, self.routes.rows, 0, history.log.writer()
        for start in range(0, len(events), CHUNK):
            batch, found = events[start : start + CHUNK], []
            try:
                for event in batch:
                    try:
                        inboxes = rows[event.__class__][event.name]
                    except (KeyError, TypeError, AttributeError):  # not asked for before, or no event
                        inboxes = routes.recipients(event)
                    found.append(inboxes if inboxes.__class__ is tuple else inboxes.select(event))  # type: ignore[union-attr]
            finally:  # those before an error are accepted
                if found:
                    writer.add_all(batch[: len(found)], found, self.phase)
                for event, to in zip(batch, found, strict=False):
                    for inbox in to:  # as `post`, of which the calls cost a tenth of it all
                        recipients += 1
                        inbox.queue.append(event)
                        if inbox.token:
                            inbox.schedule()
                            if self.idle and not self.waking:
                                self.wake()
        self.quiet.notify_all()
        return recipients

    def _accept_one(self, event: Event) -> int:
        inboxes = self.routes.recipients(event)
        self.accept(event, inboxes)
        return len(inboxes)

    def waiting(self) -> int:
        """Return how many deliveries wait in all mailboxes."""
        return sum(len(inbox.queue) for inbox in self.inboxes) + len(self._init_buffer)

    # -- deferred until there is room

    def defer(self, event: Event, inbox: Inbox, cause: Event | None, room_for: Event | None = None) -> None:
        """Post an event to one mailbox as soon as none of the recipients of `room_for` is full."""
        recipients = () if room_for is None else self.routes.preview(room_for)
        with self.lock:
            if self.halted:
                self.dropped += 1
            elif recipients:
                # Set before looking: a recipient that is full now ends a turn later, and makes room then.
                self.room_wanted = True
                self._deferrals.add(Deferred(event, inbox, cause, recipients))
            else:
                self._post_to_itself(event, inbox, cause)

    def make_room(self) -> None:
        """Post the deferred events that have room now, and wake the submits that wait for room."""
        with self.quiet:
            self.room_wanted = False
            if self._deferrals:
                self.room_wanted = True
                self._deferrals.retry()
            self.quiet.notify_all()

    def force_deferred(self) -> bool:
        """Post the deferred events although there is no room; returns whether there were any."""
        with self.quiet:
            return self._deferrals.force()

    def _post_to_itself(self, event: Event, inbox: Inbox, cause: Event | None) -> None:
        if self.observation.watched:
            self.observation.posted(event, inbox.name, cause, (inbox,), self.phase)
        self.post(event, (inbox,))

    # -- holds

    def hold(self, inbox: Inbox, cause: Event | None) -> Hold:
        """Keep the phase open for the current delivery of a processor."""
        with self.lock:
            token = self.holds.take(inbox)
        return Hold(self, token, inbox.name, cause, inbox)

    def submit_held(self, token: object, event: Event, sender: str, cause: Event | None) -> int:
        """Post what a hold submits; raises PipelineEnded."""
        with self.lock:
            self.holds.check(token)
            inboxes = self.routes.recipients(event)
            self.holds.submitted += 1
            if self.observation.watched:
                self.observation.submitted(event, sender, cause, inboxes, self.phase)
            self.post(event, inboxes)
        return len(inboxes)

    def defer_held(self, token: object, event: Event, inbox: Inbox, cause: Event | None) -> None:
        """Post an event to the processor that holds; raises PipelineEnded."""
        with self.lock:
            self.holds.check(token)
            self._post_to_itself(event, inbox, cause)

    def release_hold(self, token: object, *, leaked: bool = False) -> None:
        """Forget a hold; the phase may end."""
        with self.quiet:
            self.holds.release(token, leaked=leaked)
            self.quiet.notify_all()

    def release_failed_holds(self, inbox: Inbox) -> None:
        """Release the holds that a failed delivery took; call it before that delivery is counted."""
        if self.holds:
            with self.quiet:
                self.holds.release_failed(inbox)
                self.quiet.notify_all()
