"""`Observation`: the observers of a pipeline, and the emissions that were seen while there were any."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

from framework import observe
from framework.core.event import CONTROL, Event
from framework.core.mailboxes.inbox import Inbox
from framework.core.matching.taken import CaseFound
from framework.core.reactive_event import ReactiveEvent
from framework.observe import Observers, Subscription
from framework.observe.observers import Observer
from framework.observe.recording.dead_letters import DeadLetters
from framework.observe.recording.frozen import frozen_attributes
from framework.observe.recording.history import History
from framework.observe.recording.log import DeliveryNotes


class ObservedEmission(NamedTuple):
    """An event that a processor was seen to submit; `target` is that of a `ReactiveEvent`."""

    sender: str
    class_name: str
    event_name: str | None
    target: str | None


class Replaying(Protocol):
    """A context that knows when the record was made that its delivery was answered from; None for a computed one."""

    recorded: float | None


class Observation(Observers):
    """Tells the observers of a pipeline what enters its mailboxes, and keeps its history where there is one.

    `watched` is True while there are observers or a history, so that a delivery asks with one `if`; `told` is True
    while there are observers, which take the slow path.
    """

    __slots__ = ("_dead_letters", "case_finders", "emissions", "history", "told")

    def __init__(self, dead_letters: DeadLetters) -> None:
        """Start without observers and history; count deliveries that no `case` took as dead letters."""
        super().__init__()
        self.emissions: dict[ObservedEmission, None] = {}
        self.history: History | None = None
        self.told = False
        self._dead_letters = dead_letters
        self.case_finders: dict[Inbox, Callable[[Event], CaseFound]] = {}

    def keep_history(self, max_bytes: float) -> History:
        """Keep a history from now on, unless one is kept already."""
        if self.history is None:
            self.history = History(max_bytes, self._dead_letters)
            self.watched = True
        return self.history

    def attach(self, callback: Observer) -> Subscription:
        """Call `callback` from now on; raises TypeError."""
        subscription = super().attach(callback)
        self.told = True
        return subscription

    def detach(self, callback: Observer) -> None:
        """Call `callback` no more; unknown ones are ignored."""
        super().detach(callback)
        self.told = self.watched
        self.watched = self.told or self.history is not None

    def submitted(
        self, event: Event, sender: str | None, cause: Event | None, inboxes: tuple[Inbox, ...], phase: int
    ) -> None:
        """Tell that an event is about to enter mailboxes, and remember that its sender emits such events."""
        if sender is not None:
            target = event.target if isinstance(event, ReactiveEvent) else None
            self.emissions[ObservedEmission(sender, type(event).__name__, event.name, target)] = None
        self.posted(event, sender, cause, inboxes, phase)

    def posted(
        self, event: Event, sender: str | None, cause: Event | None, inboxes: tuple[Inbox, ...], phase: int
    ) -> None:
        """Tell that an event is about to enter mailboxes."""
        if self.history is not None:
            self.history.log.writer().add(event, sender, 0 if cause is None else id(cause), inboxes, phase)
        if self.told:
            recipients = tuple(inbox.name for inbox in inboxes)
            self.notify(observe.EventSubmitted(event, sender, cause, recipients, phase, time.monotonic()))

    def case_finder(self, inbox: Inbox) -> Callable[[Event], CaseFound]:
        """Return the function that finds the `case` of a processor which takes an event."""
        finder = self.case_finders.get(inbox)
        if finder is None:
            from framework.core.matching.taken import case_finder  # reads sources; not for runs without a history

            finder = self.case_finders[inbox] = case_finder(inbox.processor)
        return finder

    def case_of(self, inbox: Inbox, event: Event) -> CaseFound:
        """Return the `case` that will take the event; None when it cannot be told, or no observer wants to know."""
        if self.history is None and not self.any_wants("_wants_matches"):
            return None
        found = self.case_finder(inbox)(event)
        return None if found is False and event.name in CONTROL else found

    def special(  # noqa: PLR0913, PLR0917 - the facts of one delivery
        self,
        inbox: Inbox,
        event: Event,
        case: CaseFound,
        context: Replaying,
        error: BaseException | None,
        came_changed: tuple[str, ...],
        caught: tuple[Any, ...],
    ) -> CaseFound | DeliveryNotes:
        """Return the case of a delivery that has ended, with what is out of the ordinary; count it if there is none."""
        if case is False:
            self._dead_letters.add(event, inbox.name)
        recorded, context.recorded = context.recorded, None
        changed = tuple(name for name in self.changes(event) if name not in came_changed)
        if recorded is None and error is None and not (changed or came_changed or caught):
            return case
        return DeliveryNotes(recorded, error, changed, came_changed, caught, case)

    def changes(self, event: Event) -> tuple[str, ...]:
        """Return the attributes of an event that differ from those at its submission, as far as the history knows."""
        return () if self.history is None else changed_since(self.history.log.shared.get(id(event)), event)


def changed_since(before: dict[str, Any] | None, event: Event) -> tuple[str, ...]:
    """Return the attributes that differ from those at the submission; none if those are not known."""
    if before is None:
        return ()
    with suppress(Exception):  # values that cannot be compared as a whole
        if event.__dict__ == before:
            return ()
    now = frozen_attributes(event.__dict__)
    return tuple(name for name in {**before, **now} if not _same(before.get(name), now.get(name)))


def _same(one: Any, other: Any) -> bool:
    try:
        return one is other or bool(type(one) is type(other) and one == other)
    except Exception:  # noqa: BLE001 - a user's __eq__ may raise anything
        return False
