"""What travels in a queue instead of a plain item: an `Envelope`, and the tickets that tell how items end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from framework.flow.signals import NOTHING, Special
from framework.observe import Failure
from framework.observe.happenings import Outcome

if TYPE_CHECKING:
    from framework.flow.report import ItemCounter


class OriginJob(Protocol):
    """The job that an item on its way to the error job comes from."""

    counter: ItemCounter
    scoped: bool


class Interruptible(Protocol):
    """A worker whose present item can be cancelled."""

    def interrupt(self) -> None:
        """Cancel the body of the present item, and nothing else."""


class Ticket(Protocol):
    """Is told, once, how an item ended: with the result of the last job, the exception, or NOTHING."""

    def finish(self, outcome: Outcome, value: Any) -> None:
        """Record the end."""

    def child(self) -> Ticket:
        """Return the ticket of an item that was made of this one."""


class Envelope(Special):
    """An item with what is known about it.

    `attempt` counts from 1; `parent` is the item that it was made of; `key` is set while it has the turn of its key.
    """

    __slots__ = ("attempt", "item", "key", "parent", "ticket")

    def __init__(self, item: Any, ticket: Ticket | None = None, parent: Any = NOTHING, attempt: int = 1) -> None:
        self.item = item
        self.ticket = ticket
        self.parent = parent
        self.attempt = attempt
        self.key: Any = NOTHING

    def carry(self, result: Any) -> Any:
        """Return what is handed on with a result: the result alone where nothing follows it."""
        if self.ticket is None and self.parent is NOTHING:
            return result
        return Envelope(result, self.ticket, self.parent)

    def end_with(self, last: object) -> None:
        """Have the job in front of a sub-flow told of a LastWorkItem beside how the item ends."""
        if self.ticket is not None:
            self.ticket.child().finish("done", last)

    def again(self) -> Envelope:
        """Return the same item for its next attempt."""
        twin = Envelope(self.item, self.ticket, self.parent, self.attempt + 1)
        twin.key = self.key
        return twin


class Case(Envelope):
    """An item on its way through the error jobs: the job that it comes from, and what was raised there."""

    __slots__ = ("failure", "job", "outcome")

    def __init__(self, origin: Any, item: Any, job: OriginJob, failure: Failure, outcome: Outcome) -> None:
        ticket, parent = (origin.ticket, origin.parent) if isinstance(origin, Envelope) else (None, NOTHING)
        super().__init__(item, ticket, parent)
        self.job = job
        self.failure = failure
        self.outcome = outcome

    def carry(self, result: Any) -> Case:
        """Return the case with another item."""
        return Case(self, result, self.job, self.failure, self.outcome)

    def again(self) -> Case:
        """Return the case for its next attempt."""
        twin = Case(self, self.item, self.job, self.failure, self.outcome)
        twin.attempt, twin.key = self.attempt + 1, self.key
        return twin


@dataclass(frozen=True, slots=True)
class ItemEnding:
    """How an item ended."""

    outcome: Outcome
    value: Any = NOTHING

    @property
    def has_result(self) -> bool:
        """Whether the last job returned a value for it."""
        return self.outcome == "done" and not isinstance(self.value, Special) and self.value is not NOTHING


class TreeTicket:
    """The ticket of one item in the tree of items that were made of it, in the order they were made."""

    __slots__ = ("_changed", "attempt", "children", "ending")

    def __init__(self, changed: Callable[[int], object], attempt: Attempt | None = None) -> None:
        """Make the ticket.

        Args:
            changed: called with +1 for each new item of the tree, with -1 for each that ended.
            attempt: the root of the tree, where it can be abandoned.
        """
        self.children: list[TreeTicket] = []
        self.ending: ItemEnding | None = None
        self.attempt = attempt
        self._changed = changed

    def child(self) -> TreeTicket:
        """Return the ticket of an item that was made of this one."""
        node = TreeTicket(self._changed, self.attempt)
        self.children.append(node)
        self._changed(1)
        return node

    def finish(self, outcome: Outcome, value: Any = NOTHING) -> None:
        """Record how the item ended; what comes later is ignored."""
        if self.ending is None:
            self.ending = ItemEnding(outcome, value)
            self._changed(-1)

    def endings(self) -> Iterator[ItemEnding]:
        """Yield the endings in the tree, parents first."""
        if self.ending is not None:
            yield self.ending
        for node in self.children:
            yield from node.endings()


class Attempt(TreeTicket):
    """The ticket of an item whose whole tree is awaited; it can be abandoned.

    `failure` is what an error job with limits is handling, so that the jobs it stands for can ask.
    """

    __slots__ = ("__weakref__", "_open", "abandoned", "failure", "over", "workers")

    def __init__(self, loop: asyncio.AbstractEventLoop, failure: Failure | None = None) -> None:
        super().__init__(self._count, self)
        self.failure = failure
        self._open = 1
        self.abandoned = False
        self.over: asyncio.Future[None] = loop.create_future()
        self.workers: set[Interruptible] = set()

    def _count(self, change: int) -> None:
        self._open += change
        if not self._open and not self.over.done():
            self.over.set_result(None)

    def abandon(self) -> None:
        """End what is done for the item: queued entries are dropped, bodies at work are cancelled."""
        self.abandoned = True
        for worker in tuple(self.workers):
            worker.interrupt()


def attempt_of(entry: Any) -> Attempt | None:
    """Return the attempt that an entry is part of; only items inside of a limited sub-flow have one."""
    return getattr(entry.ticket, "attempt", None) if isinstance(entry, Envelope) else None


def failure_of(entry: Any) -> Failure | None:
    """Return what an entry on its way through an error job is there for."""
    if isinstance(entry, Case):
        return entry.failure
    attempt = attempt_of(entry)
    return None if attempt is None else attempt.failure


def plain(entry: Any) -> Any:
    """Return the item, out of its envelope when it has one."""
    return entry.item if isinstance(entry, Envelope) else entry


def finish(entry: Any, outcome: Outcome, value: Any = NOTHING) -> None:
    """Tell the ticket of an entry, if it has one, how the item ended."""
    if isinstance(entry, Envelope) and entry.ticket is not None:
        entry.ticket.finish(outcome, value)
