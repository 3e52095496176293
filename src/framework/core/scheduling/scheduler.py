"""`Scheduler`: the mailboxes that are ready, the worker that drains each, and when everything is quiet.

The threads are in `threads.py`, the single seeded thread in `simulation.py`; what both share is here.
"""

from __future__ import annotations

import gc
import inspect
import logging
import math
import threading
import time
from abc import abstractmethod
from collections import deque
from collections.abc import Sequence
from typing import ClassVar

from framework.core.event import Event
from framework.core.mailboxes.exchange import ArchiveSource, Exchange
from framework.core.mailboxes.inbox import Inbox
from framework.core.mailboxes.interruptible import LONGEST
from framework.core.mailboxes.loop import waiting_for
from framework.core.mailboxes.observation import Observation
from framework.core.mailboxes.routing import NoRecipients, RoutingTable
from framework.core.scheduling.failures import FailureLedger
from framework.observe import Failure

logger = logging.getLogger(__name__)

MIN_GRACE = 0.1  # seconds that workers between two deliveries get to see a halt, also with no grace
BREAK_OFF_GRACE = 5.0  # seconds that other deliveries get to return after an error of the runtime itself
POLL_HOLDS = 0.1  # seconds that a single step waits for what holds submit before it looks again
COLLECT_AFTER = 1.0  # seconds of waiting for nothing but holds, before the collector looks for leaked ones


class Scheduler(Exchange):
    """Delivers what is in the mailboxes; nothing is delivered outside of `drain` and `delivery.deliver_next`."""

    has_threads: ClassVar[bool]
    """Whether it delivers on threads of its own; otherwise on the one that drains."""

    def __init__(
        self,
        inboxes: Sequence[Inbox],
        routes: RoutingTable,
        observation: Observation,
        archives: ArchiveSource,
        failures: FailureLedger,
    ) -> None:
        super().__init__(inboxes, routes, observation, archives)
        self.failures = failures
        self.driver: int | None = None
        self.single: tuple[Inbox, float] | None = None
        """The mailbox of a single delivery that is being made, and its start."""
        self.broken: BaseException | None = None
        """What the runtime itself raised on a thread of its own, outside of a delivery."""
        self._give_up_at = math.inf
        self._waited_for_holds, self._collect_after = 0.0, COLLECT_AFTER
        self._undelivered = NoRecipients()
        priorities = sorted({inbox.priority for inbox in inboxes})
        self.levels: list[deque[Inbox]] = [deque() for _ in priorities] or [deque()]
        for inbox in inboxes:
            level = priorities.index(inbox.priority)
            inbox.level = self.levels[level]
            inbox.higher = tuple(self.levels[:level])

    def await_processes(self) -> None:
        """Have the `process` of each mailbox that is a coroutine function awaited on the event loop."""
        for inbox in self.inboxes:
            if inspect.iscoroutinefunction(inbox.process):
                inbox.awaits, inbox.awaited = True, inbox.process
                inbox.process = waiting_for(inbox.awaited, self.loop)

    def failed(self, inbox: Inbox, event: Event, error: BaseException) -> Failure:
        """Keep what a delivery raised, and release the holds that it took; call it before the delivery is counted."""
        failure = self.failures.keep(inbox, event, self.phase, error, self.observation.history)
        self.release_failed_holds(inbox)
        return failure

    # -- out of the mailboxes

    def next_ready(self) -> Inbox | None:
        """Take the ready mailbox of the best priority, the one that has been ready longest."""
        for level in self.levels:
            if level:
                try:
                    return level.popleft()
                except IndexError:  # another worker was faster
                    continue
        return None

    @abstractmethod
    def drain(self, until: float | None = None) -> bool:
        """Deliver until everything is quiet; return False if a halt or `until` (monotonic seconds) came first."""

    @abstractmethod
    def is_worker(self) -> bool:
        """Whether this thread makes deliveries."""

    @abstractmethod
    def close(self, *, at_once: bool = False) -> None:
        """End the threads; what cancelled coroutines do at their end is waited for, unless `at_once`."""

    def running(self) -> dict[Inbox, float]:
        """Return the mailboxes that are being drained, with the `time.monotonic()` at which that began."""
        single = self.single
        return {} if single is None else dict([single])

    # -- the driver

    def begin_driving(self) -> None:
        """Make this thread the driver: submits from outside may wait for room from now on."""
        with self.quiet:
            self.driver = threading.get_ident()

    def end_driving(self) -> None:
        """Have no driver any more; submits that wait for room learn of it."""
        with self.quiet:
            self.driver = None
            self.quiet.notify_all()

    # -- quiescence

    def is_empty(self) -> bool:
        """Whether nothing waits, runs or is held; call it with `quiet` taken."""
        return not self.holds and not any(self.levels) and not self._init_buffer.open and not self._deferrals

    def close_intake(self) -> None:
        """Accept nothing more from outside."""
        with self.quiet:
            self.accepting = False
            self.quiet.notify_all()

    def close_intake_if_empty(self) -> bool:
        """Accept nothing more, unless something was accepted since it became quiet; returns whether it is closed."""
        with self.quiet:
            if not self.is_empty():
                return False
            self.accepting = False
            return True

    def wait_for_held(self) -> bool:
        """Wait a moment for what holds submit; returns whether there may be more to deliver."""
        with self.quiet:
            if any(self.levels) or (not self.holds and self.force_deferred()):
                return True
            if self.holds:
                self._wait_for_change(POLL_HOLDS, only_holds=True)
            return bool(self.holds) or any(self.levels)

    def _wait_for_change(self, seconds: float, *, only_holds: bool) -> None:
        """Wait until something changes; call it with `quiet` taken.

        A leaked hold in a reference cycle waits for the collector, which need not run while nothing else does.
        """
        if not only_holds:
            self.quiet.wait(min(seconds, threading.TIMEOUT_MAX))
            return
        started = time.monotonic()
        self.quiet.wait(min(seconds, self._collect_after, LONGEST))
        self._waited_for_holds += time.monotonic() - started
        if self._waited_for_holds >= self._collect_after:
            self._waited_for_holds, self._collect_after = 0.0, 2 * self._collect_after
            gc.collect()

    # -- before everything else

    def announce_first(self, event: Event) -> None:
        """Announce a control event that is handled before all that waits; `restore_waiting` ends that."""
        if not self.routes.control(event):
            return
        with self.quiet:
            self._init_buffer.take(self.inboxes)
            for level in self.levels:
                while level:
                    level.popleft().release()
        self.announce(event)

    def restore_waiting(self) -> bool:
        """Schedule what waited for `announce_first`; returns whether there was anything."""
        with self.quiet:
            return self._init_buffer.restore()

    # -- stopping

    def halt(self, grace: float) -> None:
        """Make no new deliveries, drop those that wait, and give the running ones `grace` seconds."""
        with self.quiet:
            if self.halted:
                return
            self.halted = True
            self.holds.clear()
            self._give_up_at = time.monotonic() + max(grace, MIN_GRACE)
            self.routes.divert(self._undelivered)
            self.dropped += self._init_buffer.clear() + self._deferrals.clear()
            self.drop_waiting()
            self.quiet.notify_all()

    def break_off(self, error: BaseException) -> None:
        """Halt for an error of the runtime itself, so that the run ends with it instead of waiting for ever."""
        with self.quiet:
            self.broken = self.broken or error
        self.halt(BREAK_OFF_GRACE)

    def shorten_grace(self, grace: float) -> None:
        """Give the running deliveries at most `grace` seconds more."""
        with self.quiet:
            self._give_up_at = min(self._give_up_at, time.monotonic() + max(grace, MIN_GRACE))
            self.quiet.notify_all()

    def drop_waiting(self) -> None:
        """Drop and count what waits in all mailboxes."""
        for inbox in self.inboxes:
            self.drop(inbox)

    def drop(self, inbox: Inbox) -> None:
        """Drop and count what waits in a mailbox."""
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
            inbox.work.dropped += count

    def resume(self) -> None:
        """Deliver again after a halt, for the hooks at the end; holds of the halted run are void."""
        with self.quiet:
            self.halted = False
            self._give_up_at = math.inf
            self.holds.clear()  # taken by deliveries that were running
            self.drop_waiting()
            # What running deliveries submitted during the halt was dropped as well.
            self.dropped += int(self._undelivered.count)
            self._undelivered = NoRecipients()
            self.routes.divert(None)

    def finish_running(self) -> list[str]:
        """After a halt, wait for the running deliveries; returns the processors that did not return in time."""
        self.drain()
        return self.abandon_running()

    def abandon_running(self) -> list[str]:
        """Go on without the deliveries that still run after a halt; returns the names of their processors."""
        return []
