"""The mailbox of one processor."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from framework.core.event import Event
from framework.core.processor import AbstractProcessor
from framework.errors import OptionError
from framework.observe.reports import short_repr

FIRST_BUDGET = 1


class Inbox:
    """What waits for one processor, in the order of arrival, and who may drain it.

    Whoever pops the one token, which is atomic, owns the right to schedule and drain the mailbox, so that at most one
    task of a processor is in flight; `release` gives it back.

    The hot paths reach through to `queue`, `token` and `level`: a bound method kept in a slot costs twice as much.

    `delivered`, `failed`, `emitted` and `busy` (seconds) are written by the owner of the token only: they need no lock.
    """

    __slots__ = (
        "budget",
        "busy",
        "delivered",
        "emitted",
        "failed",
        "higher",
        "level",
        "name",
        "number",
        "priority",
        "process",
        "processor",
        "queue",
        "token",
    )

    def __init__(self, name: str, number: int, processor: AbstractProcessor) -> None:
        """Open an empty mailbox; `number` is the place of its processor in the pipeline."""
        self.name = name
        self.number = number
        self.processor = processor
        self.priority = processor.priority
        self.process: Callable[[Any, Event], object] = processor.process
        self.queue: deque[Event] = deque()
        self.token = [True]
        # The ready mailboxes of its priority and those of the higher ones: of the scheduler, which fills them in.
        self.level: deque[Inbox]
        self.higher: tuple[deque[Inbox], ...] = ()
        # How many events in a row are delivered before mailboxes of equal priority get their turn: it grows while
        # deliveries are quick and shrinks when they take long.
        self.budget = FIRST_BUDGET
        self.delivered = 0
        self.failed = 0
        self.emitted = 0
        self.busy = 0.0

    def schedule(self) -> None:
        """Have somebody drain the mailbox, unless that is so already."""
        try:
            self.token.pop()
        except IndexError:
            return
        self.level.append(self)

    def release(self) -> None:
        """Give the token back; what arrived meanwhile is scheduled again."""
        self.token.append(True)
        if self.queue:
            self.schedule()

    def replace_queue(self) -> None:
        """Start an empty queue; who drains the old one, a delivery that never returns, will find nothing more in it."""
        self.queue = deque()

    def __len__(self) -> int:
        """How many events wait."""
        return len(self.queue)

    def __bool__(self) -> bool:
        """An empty mailbox is still a mailbox."""
        return True

    def __repr__(self) -> str:
        """Name and number of waiting events."""
        return f"<Inbox {self.name}: {len(self.queue)} waiting>"


def open_inboxes(processors: Iterable[AbstractProcessor]) -> Sequence[Inbox]:
    """A mailbox for each processor; a name is given once, the next of that name gets a number.

    Raises:
        TypeError: something is no processor.
        OptionError: a processor stands there twice, or its priority is no number.
    """
    if not isinstance(processors, Iterable):
        raise TypeError(f"a pipeline takes a list of processors, got {short_repr(processors)}: Pipeline([...])")
    inboxes: dict[str, Inbox] = {}
    seen: set[int] = set()
    for number, processor in enumerate(processors):
        if not isinstance(processor, AbstractProcessor):
            raise TypeError(f"a pipeline is made of AbstractProcessor instances, got {what_instead(processor)}")
        if id(processor) in seen:
            raise OptionError(f"{processor.name} stands twice in the pipeline: make a second instance")
        if not isinstance(processor.name, str):
            raise OptionError(
                f"the name of a {type(processor).__name__} is a string, got {processor.name!r}: name='...'"
            )
        if not isinstance(processor.priority, int | float) or math.isnan(processor.priority):
            raise OptionError(f"the priority of {processor.name} is a number, got {processor.priority!r}: 0 by default")
        seen.add(id(processor))
        name, count = processor.name, 1
        while name in inboxes:
            count += 1
            name = f"{processor.name}-{count}"
        inboxes[name] = Inbox(name, number, processor)
    return tuple(inboxes.values())


def what_instead(thing: object) -> str:
    """What was given where a processor is expected, and what to give."""
    if isinstance(thing, type):
        return f"the class {thing.__name__}: call it"
    return f"{short_repr(thing)}: derive a class from AbstractProcessor and give an instance"
