"""One delivery that is watched, stepped or simulated: the careful road beside the worker's fast loop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from framework.core.context import Context, WatchedContext
from framework.core.event import Event
from framework.observe import DeliveryFailed, DeliveryFinished, DeliveryStarted

if TYPE_CHECKING:
    from framework.core.mailboxes.inbox import Inbox
    from framework.core.scheduling.scheduler import Scheduler

Process = Callable[[Context, Event], object]
Call = Callable[[Process, Context, Event], object]
"""Calls a process; `Pdb().runcall` is one."""


def deliver(
    scheduler: Scheduler, inbox: Inbox, event: Event, call: Call | None = None, context: Context | None = None
) -> DeliveryFinished | DeliveryFailed:
    """Have the processor handle one event on this thread, and tell the observers.

    The caller owns the token of `inbox`. An exception is kept as a failure; only Ctrl-C, which Python raises on the
    main thread, goes on to the caller.
    """
    observation, name, phase = scheduler.observation, inbox.name, scheduler.phase
    matched = observation.matched(inbox, event)
    context = context or WatchedContext(scheduler, inbox, event)
    raised: BaseException | None = None
    started = time.monotonic()
    observation.notify(DeliveryStarted(name, event, phase, started))
    try:
        if call is None:
            inbox.process(context, event)
        else:
            call(inbox.process, context, event)
    except BaseException as error:  # noqa: BLE001 - one delivery never stops the others
        raised = error
    now = time.monotonic()
    context._retire()  # noqa: SLF001 - made for this delivery, which has ended
    inbox.busy += now - started
    outcome: DeliveryFinished | DeliveryFailed
    if raised is None:
        outcome = DeliveryFinished(name, event, phase, now, now - started, matched)
    else:
        failure = scheduler.failed(inbox, event, raised)
        outcome = DeliveryFailed(name, event, phase, now, now - started, failure)
    inbox.delivered += 1
    observation.notify(outcome)
    if isinstance(raised, KeyboardInterrupt) and threading.current_thread() is threading.main_thread():
        raise raised
    return outcome


def debugger() -> Call:
    """Calls a process so that IPython's debugger stops at its first line.

    `breakpoint()` does nothing in a kernel without an attached debugger; this works in a cell.
    """
    from IPython.core.debugger import Pdb

    # Without nosigint, `continue` leaves a handler behind that takes every later Ctrl-C away from the pipeline.
    runcall: Call = Pdb(nosigint=True).runcall
    return runcall
