"""What travels in a queue instead of a plain item when somebody wants to know how it ends."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from framework.flow.signals import Special
from framework.observe import Failure
from framework.observe.happenings import Outcome

if TYPE_CHECKING:
    from framework.flow.running.run_context import RunningJob


class Ticket(Protocol):
    """Is told, once, how an item ended: with the result of the last job, the exception or None."""

    def finish(self, outcome: Outcome, value: Any) -> None:
        """Take note of it."""
        ...


class Envelope(Special):
    """An item with the ticket of whoever follows it."""

    __slots__ = ("item", "ticket")

    def __init__(self, item: Any, ticket: Ticket | None) -> None:
        self.item = item
        self.ticket = ticket


class Case(Envelope):
    """An item on its way to the error job: where it comes from and what was raised there."""

    __slots__ = ("failure", "job", "outcome")

    def __init__(self, item: Any, ticket: Ticket | None, job: RunningJob, failure: Failure, outcome: Outcome) -> None:
        super().__init__(item, ticket)
        self.job = job
        self.failure = failure
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class Ending:
    """How an item ended."""

    outcome: Outcome
    value: Any = None


class FutureTicket:
    """A ticket to await."""

    __slots__ = ("ending",)

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.ending: asyncio.Future[Ending] = loop.create_future()

    def finish(self, outcome: Outcome, value: Any = None) -> None:
        """Wake whoever awaits `ending`."""
        if not self.ending.done():
            self.ending.set_result(Ending(outcome, value))


def plain(entry: Any) -> Any:
    """The item, out of its envelope when it has one."""
    return entry.item if isinstance(entry, Envelope) else entry


def finish(entry: Any, outcome: Outcome, value: Any = None) -> None:
    """Tell the ticket of an entry, if it has one, how the item ended."""
    if isinstance(entry, Envelope) and entry.ticket is not None:
        entry.ticket.finish(outcome, value)
