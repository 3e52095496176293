"""Deliveries that are written into a history: the fast path of a pipeline without observers that keeps one."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from framework.core.context import RecordingContext
from framework.core.event import CONTROL
from framework.core.mailboxes.inbox import Inbox
from framework.core.scheduling.scheduler import Scheduler

if TYPE_CHECKING:
    from framework.core.context import Context
    from framework.observe.recording.history import History
    from framework.observe.recording.log import Special

MAX_BUDGET, TIME_SLICE = 256, 0.005


class Drainer(Protocol):
    """A worker thread."""

    abandoned: bool
    since: float
    context: Context | None
    unshared_recorded: ClassVar[int]


def drain_recorded(worker: Drainer, scheduler: Scheduler, inbox: Inbox, history: History) -> None:  # noqa: C901
    """Deliver what waits in one mailbox, for at most its budget or until a mailbox of better priority is ready.

    It does what the worker's own loop does, and writes a row per delivery: in place, because calls would cost as much.
    """
    observation, log, clock, where = scheduler.observation, history.log, time.perf_counter, (inbox, scheduler.phase)
    find, shared = observation.case_finder(inbox), log.shared
    queue, process, higher, done = inbox.queue, inbox.process, inbox.higher, inbox.delivered
    references, unshared = sys.getrefcount, worker.unshared_recorded
    context: Any = None
    worker.since = time.monotonic()  # a snapshot adds the time since then to what is counted below
    limit, start = done + inbox.budget, clock()
    began = start
    while queue:
        try:
            event = queue.popleft()
        except IndexError:  # a stop was faster and dropped it
            break
        if context is None:
            context = worker.context = RecordingContext(scheduler, inbox, log)
        context._event, emitted = event, inbox.emitted  # noqa: SLF001 - the worker owns its context
        special: Special | None = None
        case = find(event)
        try:
            process(context, event)
        except BaseException as raised:  # noqa: BLE001 - one delivery never stops the others
            if worker.abandoned:
                return
            scheduler.failed(inbox, event, raised)
            special = False, raised, ()
        inbox.delivered = done = done + 1
        number = id(event)
        if case is False and event.name in CONTROL:
            case = None
        if number in shared or case is False or context.replayed:
            special = observation.special(inbox, event, case, context, special)
        now = clock()
        log.delivered((now, number, where, now - began, inbox.emitted - emitted, case, special))
        began = now
        if references(context) != unshared:
            # The context was kept: retire it, so that a late submit is refused.
            context._retire()  # noqa: SLF001
            context = None
        if done == limit or (higher and any(higher)):
            break
    if context is not None:
        context._retire()  # noqa: SLF001
        context._event = None  # noqa: SLF001 - it may be large
    log.settle()
    if not worker.abandoned:
        _give_back(scheduler, inbox, began - start, used_up=done == limit)


def _give_back(scheduler: Scheduler, inbox: Inbox, seconds: float, *, used_up: bool) -> None:
    inbox.busy += seconds
    if used_up:
        inbox.budget = min(MAX_BUDGET, 2 * inbox.budget) if seconds < TIME_SLICE else inbox.budget // 2 or 1
    if inbox.queue:
        inbox.level.append(inbox)
    else:
        inbox.release()
    if scheduler.room_wanted:
        scheduler.make_room()
