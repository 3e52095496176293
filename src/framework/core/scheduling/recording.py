"""Deliveries that are written into a history: the fast path of a pipeline without observers that keeps one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from framework.core.context import RecordingContext
from framework.core.event import CONTROL
from framework.core.mailboxes.inbox import Inbox
from framework.core.matching.taken import CaseFound
from framework.core.scheduling import catching
from framework.core.scheduling.scheduler import Scheduler
from framework.observe.recording.frozen import Described
from framework.observe.recording.log import FULL_DELIVERIES, FULL_SUBMISSIONS, DeliveryNotes

if TYPE_CHECKING:
    from framework.core.context import Context
    from framework.observe.recording.history import History

MAX_BUDGET, TIME_SLICE = 256, 0.005


class Drainer(Protocol):
    """A worker thread."""

    abandoned: bool
    context: Context | None
    unshared_recorded: ClassVar[int]


def recording_drain(  # noqa: C901, PLR0915 - the hot path
    worker: Drainer, scheduler: Scheduler, history: History
) -> Callable[[Inbox], None]:
    """Return a function that delivers what waits in a mailbox, for its budget or until a better one is ready.

    It does what the worker's own loop does, and writes a row per delivery: in place, because calls would cost as much.
    """
    observation, shared, clock, writer = scheduler.observation, history.log.shared, perf_counter, history.log.writer()
    references, unshared, finders = sys.getrefcount, worker.unshared_recorded, observation.case_finders
    notes = catching.noted()
    context: Any = None

    def drain(inbox: Inbox) -> None:  # noqa: C901, PLR0912, PLR0915 - the hot path
        nonlocal context
        event: Any
        start = now = clock()  # first, as what a snapshot shows of a delivery under way counts from there
        if context is None:
            context = worker.context = RecordingContext(scheduler, inbox, writer)
        else:
            context._inbox = inbox
        queue, process, higher, done, emitted = inbox.queue, inbox.process, inbox.higher, inbox.delivered, inbox.emitted
        find = finders.get(inbox) or observation.case_finder(inbox)
        here, limit, silent = (inbox.name, scheduler.phase, start, emitted), done + inbox.budget, 0
        kept: dict[str, Any] | None = None
        came_changed: tuple[str, ...] = ()
        error: BaseException | None = None
        outcome: CaseFound | DeliveryNotes
        while queue:
            try:
                event = queue.popleft()
            except IndexError:  # a stop was faster and dropped it
                break
            context._event = event
            context._number = number = id(event)
            if shared:
                kept = shared.get(number)
                came_changed = observation.changes(event) if kept.__class__ is Described else ()
            elif kept is not None:
                kept, came_changed = None, ()
            case = outcome = find(event)
            try:
                process(context, event)
            except BaseException as raised:  # noqa: BLE001 - one delivery never stops the others
                if worker.abandoned:
                    return
                scheduler.failed(inbox, event, raised)
                error = raised
            inbox.delivered = done = done + 1
            special = case is False or notes or error is not None or context.recorded is not None
            if kept is not None and not special:
                try:
                    special = kept != event.__dict__
                except Exception:  # noqa: BLE001 - values that cannot be compared as a whole
                    special = True
            if special:
                case = None if case is False and event.name in CONTROL else case
                caught = catching.take(notes) if notes else ()
                outcome = observation.special(inbox, event, case, context, error, came_changed, caught)
                error = None
            now, count = clock(), inbox.emitted
            writer.delivered((now, number, here, count, outcome))
            if count == emitted:
                silent += 1
            else:
                emitted = count
            if references(context) != unshared:
                # The context was kept: retire it, so that a late submit is refused.
                context._retire()
                context = worker.context = RecordingContext(scheduler, inbox, writer)
            if done == limit or (higher and any(higher)):
                break
        context._event = event = None
        if len(writer.deliveries) >= FULL_DELIVERIES or len(writer.submissions) >= FULL_SUBMISSIONS:
            writer.close()
        if silent:
            inbox.work.silent += silent
        if worker.abandoned:
            return
        seconds = now - start
        inbox.busy += seconds
        if done == limit:
            inbox.budget = min(MAX_BUDGET, 2 * inbox.budget) if seconds < TIME_SLICE else inbox.budget // 2 or 1
        if queue:
            inbox.level.append(inbox)
        else:
            inbox.token.append(True)  # `Inbox.release` in place
            if queue:
                inbox.schedule()
        if scheduler.room_wanted:
            scheduler.make_room()

    return drain
