"""`Observation`: what a pipeline shows, asked by the pipeline and by its deliveries."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from framework.core.event import CONTROL, Event
from framework.core.mailboxes.inbox import Inbox
from framework.core.reactive_event import ReactiveEvent
from framework.observe import EventSubmitted, NodeSnapshot, Observers, Snapshot
from framework.observe.snapshot import State

if TYPE_CHECKING:
    from framework.core.scheduling.scheduler import Scheduler

Emission = tuple[str, str, str | None, str | None]
"""Processor, class name, event name, and the target of an event between builders."""


class Observation(Observers):
    """The observers of a pipeline, and what was seen while there were any."""

    __slots__ = ("_through", "emissions")

    def __init__(self) -> None:
        """Start with nobody watching."""
        super().__init__()
        self.emissions: dict[Emission, None] = {}
        self._through: dict[Inbox, Callable[[Event], bool | None]] = {}

    def submitted(
        self, event: Event, sender: str | None, cause: Event | None, inboxes: Iterable[Inbox], phase: int
    ) -> None:
        """Tell that an event is about to enter mailboxes, and remember who emits what."""
        if sender is not None:
            target = event.target if isinstance(event, ReactiveEvent) else None
            self.emissions[sender, type(event).__name__, event.name, target] = None
        self.posted(event, sender, cause, inboxes, phase)

    def posted(
        self, event: Event, sender: str | None, cause: Event | None, inboxes: Iterable[Inbox], phase: int
    ) -> None:
        """Tell that an event is about to enter mailboxes."""
        recipients = tuple(inbox.name for inbox in inboxes)
        self.notify(EventSubmitted(event, sender, cause, recipients, phase, time.monotonic()))

    def matched(self, inbox: Inbox, event: Event) -> bool | None:
        """Whether a `case` will take the event; None when it cannot be told or nobody wants to know."""
        if event.name in CONTROL or not self.any_wants("wants_matches"):
            return None
        through = self._through.get(inbox)
        if through is None:
            from framework.core.matching.patterns import falls_through  # reads sources; only for a recorder

            through = self._through[inbox] = falls_through(inbox.processor)
        fell = through(event)
        return None if fell is None else not fell


def snapshot(name: str, state: State, scheduler: Scheduler, inboxes: Iterable[Inbox]) -> Snapshot:
    """How the processors are now; reads plain attributes, takes no lock."""
    now = time.monotonic()
    running = scheduler.running()
    nodes = {
        inbox.name: NodeSnapshot(
            name=inbox.name,
            waiting=len(inbox.queue),
            running=int(inbox in running),
            workers=1,
            min_workers=1,
            max_workers=1,
            done=inbox.delivered,
            failed=inbox.failed,
            busy_seconds=inbox.busy + (now - running[inbox] if inbox in running else 0.0),
        )
        for inbox in inboxes
    }
    return Snapshot(name=name, state=state, at=now, nodes=nodes, phase=scheduler.phase)
