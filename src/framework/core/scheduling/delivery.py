"""Slow path: one delivery with observation and debugging hooks, for runs that are watched, stepped or simulated."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from framework import observe
from framework.core.context import Context, WatchedContext
from framework.core.event import CONTROL, Event
from framework.core.mailboxes.inbox import Inbox
from framework.core.matching.taken import CaseFound
from framework.core.scheduling import catching
from framework.core.scheduling.scheduler import Scheduler

FinishedDelivery: TypeAlias = "observe.DeliveryFinished | observe.DeliveryFailed"
Process = Callable[[Context, Event], object]
ProcessCaller = Callable[[Process, Context, Event], object]
"""Calls `process` with a context and an event; `Pdb().runcall` is one."""


def deliver_next(scheduler: Scheduler, call: ProcessCaller | None = None) -> FinishedDelivery | None:
    """Make the next single delivery on this thread; None when nothing waits."""
    while (inbox := scheduler.next_ready()) is not None:
        try:
            event = inbox.queue.popleft()
        except IndexError:  # drained already, or a stop dropped it
            inbox.release()
            continue
        scheduler.single = inbox, time.monotonic()
        try:
            return deliver(scheduler, inbox, event, call)
        finally:
            scheduler.single = None
            catching.forget_thread()
            inbox.release()
            if scheduler.room_wanted:
                scheduler.make_room()
    return None


def deliver(
    scheduler: Scheduler,
    inbox: Inbox,
    event: Event,
    call: ProcessCaller | None = None,
    context: WatchedContext | None = None,
) -> FinishedDelivery:
    """Call `process` with one event on this thread, and tell the observers.

    The caller owns the token of `inbox`. An exception is kept as a failure; only Ctrl-C, which Python raises on the
    main thread, is raised again.
    """
    context = context or WatchedContext(scheduler, inbox, event)
    begun = begin_delivery(scheduler, inbox, event)
    raised: BaseException | None = None
    try:
        if call is None:
            inbox.process(context, event)
        else:
            call(inbox.process, context, event)
    except BaseException as error:  # noqa: BLE001 - one delivery never stops the others
        raised = error
    outcome = end_delivery(scheduler, inbox, event, context, begun, raised)
    if isinstance(raised, KeyboardInterrupt) and threading.current_thread() is threading.main_thread():
        raise raised
    return outcome


class Begun(NamedTuple):
    """What is known of a delivery when it begins; `started` is `time.monotonic()`."""

    case: CaseFound
    emitted: int
    started: float
    phase: int
    changes: tuple[str, ...]


def begin_delivery(scheduler: Scheduler, inbox: Inbox, event: Event) -> Begun:
    """Tell the observers that a delivery begins."""
    observation, phase = scheduler.observation, scheduler.phase
    case, changes = observation.case_of(inbox, event), observation.changes(event)
    if observation.history is not None:
        catching.noted().clear()
    begun = Begun(case, inbox.emitted, time.monotonic(), phase, changes)
    observation.notify(observe.DeliveryStarted(inbox.name, event, phase, begun.started))
    return begun


def end_delivery(  # noqa: PLR0913, PLR0917 - the facts of one delivery
    scheduler: Scheduler,
    inbox: Inbox,
    event: Event,
    context: WatchedContext,
    begun: Begun,
    raised: BaseException | None,
) -> FinishedDelivery:
    """Count a delivery that has ended, keep what it raised, and tell the observers."""
    observation, name = scheduler.observation, inbox.name
    case, emitted, started, phase, changes = begun
    now = time.monotonic()
    context._retire()
    inbox.busy += now - started
    outcome: FinishedDelivery
    if raised is None:
        outcome = observe.DeliveryFinished(name, event, phase, now, now - started, None if case is None else bool(case))
    else:
        failure = scheduler.failed(inbox, event, raised)
        outcome = observe.DeliveryFailed(name, event, phase, now, now - started, failure)
    inbox.delivered += 1
    caught = catching.take(catching.noted()) if observation.history is not None else ()
    found = observation.special(inbox, event, case, context, raised, changes, caught)
    if observation.history is not None:
        at, writer = time.perf_counter(), observation.history.log.writer()
        writer.delivered((at, id(event), (name, phase, at - (now - started), emitted), inbox.emitted, found))
        writer.settle()
        if inbox.emitted == emitted and event.name not in CONTROL:
            inbox.work.silent += 1
    observation.notify(outcome)
    return outcome


def debugger() -> ProcessCaller:
    """Return a caller that stops in IPython's debugger at the first line of `process`.

    `breakpoint()` does nothing in a kernel without an attached debugger; this works in a cell.
    """
    from IPython.core.debugger import Pdb

    # Without nosigint, `continue` leaves a handler behind that takes every later Ctrl-C away from the pipeline.
    runcall: ProcessCaller = Pdb(nosigint=True).runcall
    return runcall
