"""`Scheduler`: mailboxes that are ready, who may drain them, and when everything is quiet.

The threads are in `threads.py`, the single seeded thread in `simulation.py`; what both share is here.
"""

from __future__ import annotations

import gc
import logging
import math
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from framework.core.event import Event
from framework.core.mailboxes.counter import Tally
from framework.core.mailboxes.deferrals import Deferrals, Deferred
from framework.core.mailboxes.hold import Hold, OpenHolds
from framework.core.mailboxes.inbox import Inbox
from framework.core.mailboxes.init_buffer import Aside
from framework.core.mailboxes.routing import Nobody, RoutingTable
from framework.core.scheduling.delivery import Call, deliver
from framework.observe import DeliveryFailed, DeliveryFinished

if TYPE_CHECKING:
    from framework.core.archives import ArchiveRoom
    from framework.core.mailboxes.observation import Observation
    from framework.core.scheduling.failures import FailureLedger
    from framework.core.scheduling.threads import Worker
    from framework.observe import Failure

logger = logging.getLogger(__name__)

PARKING = 0.1  # seconds that workers between two deliveries get to see a halt, also with no grace
COLLECT_AFTER = 1.0  # seconds of waiting for nothing but holds, before the collector looks for leaked ones


class Scheduler(ABC):
    """Delivers what is in the mailboxes; nothing is delivered outside of `drain` and `deliver_next`.

    `quiet` is the condition that everything outside of deliveries shares: submits from outside, holds, the decision
    that a phase is over and the one that nothing more is accepted. Workers take it only when the last of them parks.
    """

    has_threads: ClassVar[bool]
    """Whether it delivers on threads of its own; otherwise on the one that drains."""

    def __init__(
        self,
        inboxes: Sequence[Inbox],
        routes: RoutingTable,
        observation: Observation,
        failures: FailureLedger,
        archives: ArchiveRoom,
    ) -> None:
        """Take over the mailboxes, paused."""
        self.inboxes = tuple(inboxes)
        self.routes = routes
        self.observation = observation
        self.failures = failures
        self.archives = archives
        self.phase = 0
        self.dropped = 0
        self.accepting = True
        self.driver: int | None = None
        self.halted = False
        self.crowded = False
        self.holds = OpenHolds()
        # Reentrant, because a leaked hold may be collected on a thread that is in here already.
        self.lock = threading.RLock()
        self.quiet = threading.Condition(self.lock)  # taken through `lock`, in C, where nobody waits or is woken
        self.idle: list[Worker] = []
        self.waking = False
        self._aside = Aside()
        self._deferrals = Deferrals(self._post_deferred)
        self._give_up_at = math.inf
        self._rested, self._collect_after = 0.0, COLLECT_AFTER
        self._single: tuple[Inbox, float] | None = None
        self._diverted = Tally()
        priorities = sorted({inbox.priority for inbox in inboxes})
        self.levels: list[deque[Inbox]] = [deque() for _ in priorities] or [deque()]
        for inbox in inboxes:
            level = priorities.index(inbox.priority)
            inbox.level = self.levels[level]
            inbox.higher = tuple(self.levels[:level])

    # -- into the mailboxes

    def post(self, event: Event, inboxes: Iterable[Inbox]) -> None:
        """Put an event into mailboxes and schedule those that nobody has scheduled yet."""
        for inbox in inboxes:
            inbox.queue.append(event)
            if inbox.token:
                inbox.schedule()
                if self.idle and not self.waking:
                    self.wake()

    def announce(self, event: Event) -> int:
        """Send one of the pipeline's own events; returns the number of recipients.

        It enters all mailboxes before any of them is scheduled: else what the first recipients submit could overtake
        it on the way to the others.
        """
        with self.quiet:
            inboxes = self.routes.control(event)
            if inboxes and self.observation.watched:  # one that nobody wants is no dead letter
                self.observation.submitted(event, None, None, inboxes, self.phase)
            for inbox in inboxes:
                inbox.queue.append(event)
            for inbox in inboxes:
                inbox.schedule()
        return len(inboxes)

    def accept(self, event: Event, inboxes: tuple[Inbox, ...]) -> None:
        """Take what comes from outside; call it with `quiet` taken."""
        if self.observation.watched:
            self.observation.submitted(event, None, None, inboxes, self.phase)
        if self._aside.open:
            self._aside.add(event, inboxes)
        else:
            self.post(event, inboxes)

    def make_room(self) -> None:
        """Let whoever waits for room look again."""
        with self.quiet:
            self.crowded = False
            if self._deferrals:
                self.crowded = True
                self._deferrals.retry()
            self.quiet.notify_all()

    def waiting(self) -> int:
        """How many deliveries wait in all mailboxes."""
        return sum(len(inbox.queue) for inbox in self.inboxes) + len(self._aside)

    # -- for later

    def defer(self, event: Event, inbox: Inbox, cause: Event | None, recipients: tuple[Inbox, ...] = ()) -> None:
        """Deliver an event to one mailbox, as soon as none of the recipients of what will follow is full."""
        with self.lock:
            if self.halted:
                self.dropped += 1
                return
            if recipients:
                # Said before looking: whoever is full now ends a turn later, and makes room then.
                self.crowded = True
            self._deferrals.add(Deferred(event, inbox, cause, recipients))

    def force_deferred(self) -> bool:
        """Deliver what waits for room, although there is none; returns whether anything did."""
        with self.quiet:
            return self._deferrals.force()

    def _post_deferred(self, deferred: Deferred) -> None:
        event, inbox, cause, _ = deferred
        if self.observation.watched:
            self.observation.posted(event, inbox.name, cause, (inbox,), self.phase)
        self.post(event, (inbox,))

    # -- holds

    def hold(self, inbox: Inbox, cause: Event | None) -> Hold:
        """Keep the phase open for the delivery that a processor is at."""
        with self.lock:
            token = self.holds.take(inbox)
        return Hold(self, token, inbox.name, cause, inbox)

    def submit_held(self, token: object, event: Event, sender: str, cause: Event | None) -> int:
        """Deliver what a hold submits.

        Raises:
            PipelineEnded: the hold is void.
        """
        with self.lock:
            self.holds.check(token)
            inboxes = self.routes.recipients(event)
            self.holds.submitted += 1
            if self.observation.watched:
                self.observation.submitted(event, sender, cause, inboxes, self.phase)
            self.post(event, inboxes)
        return len(inboxes)

    def defer_held(self, token: object, event: Event, inbox: Inbox, cause: Event | None) -> None:
        """Deliver an event to the processor that holds.

        Raises:
            PipelineEnded: the hold is void.
        """
        with self.lock:
            self.holds.check(token)
            self._post_deferred(Deferred(event, inbox, cause, ()))

    def release_hold(self, token: object, *, leaked: bool = False) -> None:
        """Forget a hold; the phase may end."""
        with self.quiet:
            self.holds.release(token, leaked=leaked)
            self.quiet.notify_all()

    def failed(self, inbox: Inbox, event: Event, error: BaseException) -> Failure:
        """Keep what a delivery raised, and release the holds that it took; call it before the delivery is counted."""
        failure = self.failures.keep(inbox, event, self.phase, error)
        if self.holds:
            with self.quiet:
                self.holds.release_failed(inbox)
                self.quiet.notify_all()
        return failure

    def _rest(self, seconds: float, *, only_holds: bool) -> None:
        """Wait until something changes; call it with `quiet` taken.

        A leaked hold in a reference cycle waits for the collector, which need not run while nothing else does.
        """
        if not only_holds:
            self.quiet.wait(min(seconds, threading.TIMEOUT_MAX))
            return
        started = time.monotonic()
        self.quiet.wait(min(seconds, self._collect_after))
        self._rested += time.monotonic() - started
        if self._rested >= self._collect_after:
            self._rested, self._collect_after = 0.0, 2 * self._collect_after
            gc.collect()

    def wait_for_held(self) -> bool:
        """Wait a moment for what holds submit; returns whether there may be more to deliver."""
        with self.quiet:
            if any(self.levels) or (not self.holds and self.force_deferred()):
                return True
            if self.holds:
                self._rest(PARKING, only_holds=True)
            return bool(self.holds) or any(self.levels)

    # -- out of the mailboxes

    def next_ready(self) -> Inbox | None:
        """Take the mailbox whose turn it is."""
        for level in self.levels:
            if level:
                try:
                    return level.popleft()
                except IndexError:  # another worker was faster
                    continue
        return None

    def deliver_next(self, call: Call | None = None) -> DeliveryFinished | DeliveryFailed | None:
        """Make the next single delivery on this thread; None when nothing waits."""
        while (inbox := self.next_ready()) is not None:
            try:
                event = inbox.queue.popleft()
            except IndexError:  # drained already, or a stop dropped it
                inbox.release()
                continue
            self._single = inbox, time.monotonic()
            try:
                return deliver(self, inbox, event, call)
            finally:
                self._single = None
                inbox.release()
                if self.crowded:
                    self.make_room()
        return None

    @abstractmethod
    def drain(self, until: float | None = None) -> bool:
        """Deliver until everything is quiet.

        Args:
            until: `time.monotonic()` at which to give up.

        Returns:
            Whether it became quiet; False when time was up or the scheduler was halted.
        """

    @abstractmethod
    def wake(self) -> None:
        """Have somebody look at the ready mailboxes, if a drain is on."""

    @abstractmethod
    def is_worker(self) -> bool:
        """Whether this thread makes deliveries."""

    @abstractmethod
    def close(self) -> None:
        """End the threads."""

    def running(self) -> dict[Inbox, float]:
        """The mailboxes that are being drained, with the `time.monotonic()` at which that began."""
        single = self._single
        return {} if single is None else dict([single])

    # -- before anything else

    def set_aside(self) -> None:
        """Keep everything that waits out of the mailboxes, and what is submitted from outside as well."""
        with self.quiet:
            self._aside.take(self.inboxes)
            for level in self.levels:
                while level:
                    level.popleft().release()

    def put_back(self) -> bool:
        """Undo `set_aside`; returns whether anything came back."""
        with self.quiet:
            return self._aside.put_back()

    # -- stopping

    def halt(self, grace: float) -> None:
        """Make no new deliveries, drop those that wait, and give the ones that run `grace` seconds."""
        with self.quiet:
            if self.halted:
                return
            self.halted = True
            self.holds.clear()
            self._give_up_at = time.monotonic() + max(grace, PARKING)
            self.routes.divert(Nobody(self._diverted))
            self.dropped += self._aside.clear() + self._deferrals.clear()
            for inbox in self.inboxes:
                self.drop(inbox)
            self.quiet.notify_all()

    def hurry(self, grace: float) -> None:
        """Give what is being drained at most `grace` seconds more."""
        with self.quiet:
            self._give_up_at = min(self._give_up_at, time.monotonic() + max(grace, PARKING))
            self.quiet.notify_all()

    def drop(self, inbox: Inbox) -> None:
        """Throw away what waits in a mailbox, and count it."""
        queue = inbox.queue
        count = 0
        while queue:
            try:
                queue.popleft()
            except IndexError:  # the worker that drains it was faster
                break
            count += 1
        with self.quiet:
            self.dropped += count

    def resume(self) -> None:
        """Deliver again after a halt, for the hooks at the end; holds of the halted run are void."""
        with self.quiet:
            self.halted = False
            self._give_up_at = math.inf
            self.holds.clear()  # taken by deliveries that were running
            for inbox in self.inboxes:
                self.drop(inbox)
            # What running deliveries submitted during the halt was dropped as well.
            self.dropped += self._diverted.count
            self._diverted = Tally()
            self.routes.divert(None)

    def give_up_running(self) -> list[str]:
        """Go on without the deliveries that still run after a halt; returns the names of their processors."""
        return []

    def is_empty(self) -> bool:
        """Whether nothing waits, runs or is held; call it with `quiet` taken."""
        return not self.holds and not any(self.levels) and not self._aside.open and not self._deferrals
