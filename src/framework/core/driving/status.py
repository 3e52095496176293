"""How a pipeline is now: its snapshot, its counters, and why it is not finished."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from framework.core.driving.wiring import provided_by
from framework.core.mailboxes.handler import Unfinished
from framework.core.mailboxes.inbox import Inbox
from framework.core.scheduling.scheduler import Scheduler

if TYPE_CHECKING:
    from framework.observe.profile import ProcessorReport
    from framework.observe.snapshot import RunState, Snapshot


def snapshot(name: str, state: RunState, scheduler: Scheduler) -> Snapshot:
    """Return how the processors are now; reads plain attributes, takes no lock."""
    from framework.observe.snapshot import NodeSnapshot, Snapshot

    now = time.monotonic()
    running = scheduler.running()
    nodes = {
        inbox.name: NodeSnapshot(
            name=inbox.name,
            waiting=inbox.left,
            running=(at_work := max(int(inbox in running), inbox.work.under_way)),
            workers=max(1, at_work),
            min_workers=1,
            max_workers=max(1, at_work),
            done=max(0, inbox.handled - inbox.backlog - inbox.work.under_way),
            failed=inbox.failed,
            busy_seconds=inbox.busy + inbox.work.away_seconds + (now - running[inbox] if inbox in running else 0.0),
        )
        for inbox in scheduler.inboxes
    }
    return Snapshot(name=name, state=state, at=now, nodes=nodes, phase=scheduler.phase)


def processor_reports(scheduler: Scheduler) -> dict[str, ProcessorReport]:
    """Return what each processor has done until now."""
    from framework.observe.profile import ProcessorReport

    watched = scheduler.observation.history is not None
    return {
        inbox.name: ProcessorReport(
            inbox.name,
            inbox.handled,
            inbox.busy + work.away_seconds,
            inbox.failed,
            inbox.emitted,
            work.built,
            work.replayed,
            work.fruitless if provided_by(inbox) else work.silent if watched else None,
            work.replay_seconds,
        )
        for inbox, work in ((inbox, inbox.work) for inbox in scheduler.inboxes)
    }


def unfinished(inboxes: Iterable[Inbox]) -> Iterator[Unfinished]:
    """Yield what the processors still wait for, as they tell it."""
    for inbox in inboxes:
        try:
            yield from tuple(inbox.processor._unfinished())
        except Exception as error:  # noqa: BLE001 - a question about the state must not end a run
            yield Unfinished("else", f"{inbox.name}._unfinished() raised {type(error).__name__}")


def why_waiting(scheduler: Scheduler, cause: str) -> str:
    """Return what keeps a run from being finished, a line each, and what caused the latest phase; empty for nothing."""
    lines = [str(thing) for thing in unfinished(scheduler.inboxes)]
    lines += [str(hold) for hold in scheduler.holds]
    lines += [f"{inbox.name} has {inbox.left} waiting" for inbox in scheduler.inboxes if inbox.left]
    lines += [f"{inbox.name} is at work" for inbox in scheduler.running()]
    return "\n".join([*lines, cause] if cause else lines)


class DeliveryCounts:
    """The counters of all mailboxes at one moment; exact while everything is quiet."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._inboxes = scheduler.inboxes
        self._delivered = [inbox.delivered for inbox in scheduler.inboxes]
        self._handled = [inbox.handled for inbox in scheduler.inboxes]
        self._emitted = [inbox.emitted for inbox in scheduler.inboxes]
        self._built = sum(inbox.work.built for inbox in scheduler.inboxes)
        self._replayed = sum(inbox.work.replayed for inbox in scheduler.inboxes)
        self._held = scheduler.holds.submitted
        self.failed = len(scheduler.failures)

    def delivered_since(self, before: DeliveryCounts) -> int:
        """Return the number of deliveries, messages of builders to themselves included."""
        return sum(self._delivered) - sum(before._delivered)

    def handled_since(self, before: DeliveryCounts) -> dict[str, int]:
        """Return the number of deliveries to each processor."""
        rows = zip(self._inboxes, self._handled, before._handled, strict=True)
        return {inbox.name: max(0, new - old) for inbox, new, old in rows}

    def work_since(self, before: DeliveryCounts) -> tuple[int, int]:
        """Return how many inputs were built, and how many replayed."""
        return self._built - before._built, self._replayed - before._replayed

    def emitted_since(self, before: DeliveryCounts) -> int:
        """Return how many events were submitted, through contexts and holds."""
        return sum(self._emitted) + self._held - sum(before._emitted) - before._held

    def emitters_since(self, before: DeliveryCounts) -> list[Inbox]:
        """Return the mailboxes of the processors that submitted something through their contexts."""
        rows = zip(self._inboxes, self._emitted, before._emitted, strict=True)
        return [inbox for inbox, new, old in rows if new > old]
