"""`Worker`: a thread that drains ready mailboxes in place, and the calibration of its reuse of contexts."""

from __future__ import annotations

import contextvars
import sys
import threading
import time
from _thread import allocate_lock
from abc import abstractmethod
from collections import deque
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, ClassVar, cast

from framework.core.context import Context, WatchedContext
from framework.core.event import Event
from framework.core.mailboxes.inbox import Inbox
from framework.core.scheduling import catching
from framework.core.scheduling.delivery import deliver
from framework.core.scheduling.recording import MAX_BUDGET, TIME_SLICE, recording_drain
from framework.core.scheduling.scheduler import Scheduler
from framework.observe.recording.history import History

KEEP_PARKED = 5.0  # seconds that a thread waits for the next wake-up before it ends


class WorkSource(Scheduler):
    """What a worker knows of the scheduler that it belongs to."""

    idents: set[int]
    closed: bool
    drain_context: contextvars.Context

    @abstractmethod
    def begin_awaited(self, inbox: Inbox) -> None:
        """Deliver the next event of a mailbox on the event loop; its token goes with it."""

    @abstractmethod
    def park(self, worker: Worker) -> bool:
        """List a worker as idle; returns False when it should look for a ready mailbox again."""


class Worker:
    """A thread that drains ready mailboxes and parks when there are none; it starts when it is first woken.

    A worker that is listed in `scheduler.idle` holds no mailbox: quiescence depends on that.

    As for a mailbox (see `Inbox`), this takes no lock: `idle.pop()` gives a worker to one waker. A worker appends
    itself to `idle` and then looks for ready mailboxes; a sender makes a mailbox ready and then looks at `idle`.
    `waking` only saves wake-ups: the waker sets it and the woken worker clears it, so that a lost update costs a
    wake-up too many.
    """

    unshared: ClassVar[int]  # the references to a context that no processor kept
    unshared_recorded: ClassVar[int]  # the same, as `recording_drain` counts them
    __slots__ = ("abandoned", "context", "gate", "inbox", "name", "scheduler", "since", "starting", "thread")

    def __init__(self, scheduler: WorkSource, name: str) -> None:
        self.scheduler = scheduler
        self.name = name
        self.gate = allocate_lock()
        self.gate.acquire()
        self.starting = allocate_lock()  # contended only by a wake-up and a thread that has waited for one too long
        self.thread: threading.Thread | None = None
        self.inbox: Inbox | None = None
        self.since = 0.0
        self.context: Context | None = None
        self.abandoned = False

    def wake(self) -> None:
        """Release the worker, which looks for ready mailboxes; start its thread if there is none."""
        with self.starting:
            if self.thread is None:
                thread = threading.Thread(target=self._main, name=self.name, daemon=True)
                thread.start()
                self.thread = thread
            self.gate.release()

    def abandon(self) -> None:
        """Go on without the worker: its delivery may submit nothing more, and the thread ends when that returns."""
        self.abandoned = True
        if self.context is not None:
            self.context._retire()

    def _main(self) -> None:
        scheduler = self.scheduler
        scheduler.idents.add(threading.get_ident())
        try:
            while not self.abandoned:
                if not self.gate.acquire(timeout=KEEP_PARKED) and self._leave():
                    return
                scheduler.waking = False
                if scheduler.closed:
                    return
                # A copy for each wake-up, so that prints land in the cell that drains now.
                while not self._worked(scheduler.drain_context.copy()):
                    pass  # after an error nothing is delivered any more, only dropped
        finally:
            scheduler.idents.discard(threading.get_ident())
            catching.forget_thread()

    def _worked(self, variables: contextvars.Context) -> bool:
        """Drain what is ready; an error of the runtime itself ends the run, and the mailbox is given back."""
        try:
            variables.run(self._work)
        except BaseException as error:  # noqa: BLE001 - raised on the thread that drives
            inbox, self.inbox = self.inbox, None
            if not self.abandoned:
                self.scheduler.break_off(error)
                if inbox is not None:
                    inbox.release()
                return False
        return True

    def _leave(self) -> bool:
        """End the thread, which keeps everything alive that it can reach, unless it was woken just now."""
        with self.starting:
            if self.gate.acquire(blocking=False):
                return False
            self.thread = None
            return True

    def _work(self) -> None:  # noqa: C901, PLR0912, PLR0915 - the hot path, see below
        """Drain ready mailboxes until there are none.

        This is the hot path of the whole runtime, hence one long function: locals instead of attributes, and the
        body of a drain in place, because two calls per delivery would double its cost.
        """
        scheduler, idle, levels = self.scheduler, self.scheduler.idle, self.scheduler.levels
        first, single, observation = levels[0], len(levels) == 1, scheduler.observation
        references, unshared, clock = sys.getrefcount, self.unshared, time.monotonic
        context: Any = None
        record: Callable[[Inbox], None] | None = None
        inbox: Inbox | None
        event: Any
        now = clock()
        while True:  # `while not self.abandoned` would stay slow: CPython 3.11 warms up at unconditional jumps only
            if self.abandoned:
                return
            try:
                inbox = first.popleft()
            except IndexError:
                inbox = None if single else scheduler.next_ready()
            if inbox is None:
                if scheduler.park(self):
                    return
                continue
            if idle and not scheduler.waking and (first or any(levels)):
                scheduler.wake()  # one worker wakes the next, instead of a herd
            if scheduler.halted:
                scheduler.drop(inbox)
                inbox.release()
                continue
            if inbox.awaits:
                scheduler.begin_awaited(inbox)
                continue
            self.since = now
            self.inbox = inbox
            if observation.watched:
                if observation.told or observation.history is None:
                    self._drain_watched(inbox)
                else:
                    if record is None:
                        record = recording_drain(self, scheduler, observation.history)
                    record(inbox)
                    if self.abandoned:
                        return
                context, now = None, clock()
                continue
            if context is None:
                context = self.context = Context(scheduler, inbox)
            else:
                context._inbox = inbox
            queue, process, higher, done = inbox.queue, inbox.process, inbox.higher, inbox.delivered
            limit = done + inbox.budget
            while queue:  # may start empty: what made it ready can have been drained already
                try:
                    event = queue.popleft()
                except IndexError:  # a stop was faster and dropped it
                    break
                try:
                    process(context, event)
                except BaseException as error:  # noqa: BLE001 - one delivery never stops the others
                    if self.abandoned:
                        return
                    scheduler.failed(inbox, event, error)
                inbox.delivered = done = done + 1  # no other thread counts while this worker has the token
                if references(context) != unshared:
                    # The context was kept: retire it, so that a late submit is refused.
                    context._retire()
                    context = self.context = Context(scheduler, inbox)
                if done == limit or (higher and any(higher)):
                    break
            event = None  # it may be large
            if self.abandoned:
                return
            began, now = now, clock()
            inbox.busy += now - began
            if done == limit:
                quick = now - began < TIME_SLICE
                inbox.budget = min(MAX_BUDGET, 2 * inbox.budget) if quick else inbox.budget // 2 or 1
            if queue:
                inbox.level.append(inbox)  # stays claimed, goes to the back of its own priority
            else:
                inbox.token.append(True)  # `Inbox.release` in place
                if queue:
                    inbox.schedule()
            if scheduler.room_wanted:
                scheduler.make_room()

    def _drain_watched(self, inbox: Inbox) -> None:
        scheduler, queue = self.scheduler, inbox.queue
        ends = time.monotonic() + TIME_SLICE
        while queue:
            try:
                event = queue.popleft()
            except IndexError:  # a stop was faster and dropped it
                break
            self.context = WatchedContext(scheduler, inbox, event)
            deliver(scheduler, inbox, event, context=self.context)
            if self.abandoned:
                return
            if any(inbox.higher) or time.monotonic() > ends:
                break
        if queue:
            inbox.level.append(inbox)
        else:
            inbox.release()
        if scheduler.room_wanted:
            scheduler.make_room()


class _CountProbe:
    """Stands where a worker keeps the number of references that it expects, and collects those that it counts."""

    def __init__(self) -> None:
        self.counted: list[int] = []

    def __ne__(self, count: object) -> bool:
        self.counted.append(cast("int", count))
        return False

    __hash__ = None  # type: ignore[assignment]


def _unshared(*, recorded: bool) -> int:
    """Have a worker count the references to a context that no processor kept.

    The number depends on the interpreter, and on how it compiled the very instruction that counts: on Python 3.14 some
    loads of a variable are references and others are not. Hence no constant, and no second place that counts. Should
    the counts differ, the least is taken: contexts are then made anew too often, but none that was kept is used again.
    """
    counts = _CountProbe()
    processor: Any = SimpleNamespace(priority=0, process=lambda _context, _event: None)
    inbox = Inbox("calibration", 0, processor)
    inbox.level = deque([inbox])
    inbox.queue.extend([Event("calibration")] * 4)
    scheduler: Any = SimpleNamespace(
        idle=[],
        levels=[inbox.level],
        observation=SimpleNamespace(
            watched=recorded,
            told=False,
            history=History(),
            case_finders={},
            case_finder=lambda _inbox: lambda _event: None,
        ),
        phase=0,
        routes=SimpleNamespace(rows={}),
        halted=False,
        room_wanted=False,
        park=lambda _worker: True,
    )
    worker = type("Calibration", (Worker,), {"unshared": counts, "unshared_recorded": counts})(scheduler, "calibration")
    worker._work()
    return min(counts.counted)


Worker.unshared = _unshared(recorded=False)
Worker.unshared_recorded = _unshared(recorded=True)
