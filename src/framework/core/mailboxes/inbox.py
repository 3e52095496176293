"""`Inbox`: the mailbox of one processor."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from framework.core.event import Event
from framework.core.mailboxes.handler import Handler

FIRST_BUDGET = 1


class Work:
    """What came of the deliveries of one processor, beside their number; written by the owner of the mailbox's token.

    `own` are messages of a builder to itself, which are no work. `built` and `replayed` are inputs that were computed,
    or answered from an archive, by a builder or a cached `process`; `replay_seconds` those that replays took, and
    `away_seconds` those of builds on an event loop or an executor, where `under_way` inputs are being built now.
    `dropped` are events that a stop took out of the mailbox, `fruitless` inputs of a builder without an artifact, and
    `silent` the deliveries that emitted nothing, counted while a history is kept.
    """

    __slots__ = (
        "away_seconds",
        "built",
        "dropped",
        "fruitless",
        "own",
        "replay_seconds",
        "replayed",
        "silent",
        "under_way",
    )

    def __init__(self) -> None:
        self.own = self.built = self.replayed = self.fruitless = self.silent = self.under_way = self.dropped = 0
        self.replay_seconds = self.away_seconds = 0.0


class Inbox:
    """The events that wait for one processor, in the order of arrival, and the token to drain them.

    The hot paths reach through to `queue`, `token` and `level`: a bound method kept in a slot costs twice as much.

    They take no lock. What they lean on is atomic with the GIL, and on free-threaded Python by the lock that each list
    and deque has:

    - `token.pop()` succeeds in one thread. That thread may schedule and drain the mailbox, so that at most one delivery
      of a processor is in flight; `release` gives the token back.
    - `append` and `popleft` of `queue` and of `level` lose, double and reorder nothing.
    - A sender appends to `queue` and then looks at `token`; `release` appends to `token` and then looks at `queue`. One
      of the two sees what the other did, so that no event waits unscheduled. This needs a store to come before a later
      load of another object, which the release of the container's lock, an atomic exchange, gives on x86-64.
    - `delivered`, `failed`, `emitted` and `busy` (seconds) have one writer: the owner of the token.
    - What others write is read from a `copy()`, which takes that lock once; a tuple of a deque, of a set or of the
      items of a dict takes it for each element, and raises where one came in between.
    """

    __slots__ = (
        "awaited",
        "awaits",
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
        "work",
    )

    def __init__(self, name: str, number: int, processor: Handler) -> None:
        """Open an empty mailbox; `number` is the place of its processor in the pipeline."""
        self.name = name
        self.number = number
        self.processor = processor
        self.priority = processor.priority
        self.process: Callable[[Any, Event], object] = processor.process
        # Whether `process` is a coroutine function, `awaited`; the scheduler then puts one in its place that waits.
        self.awaits = False
        self.awaited: Callable[[Any, Event], Coroutine[Any, Any, object]]
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
        self.work = Work()

    @property
    def handled(self) -> int:
        """How many deliveries were made, without the messages of a builder to itself."""
        return max(0, self.delivered - self.work.own)

    @property
    def left(self) -> int:
        """How many events wait: here, and in the processor."""
        return len(self.queue) + self.backlog

    @property
    def backlog(self) -> int:
        """How many events the processor keeps beyond its mailbox."""
        return self.processor._backlog

    def schedule(self) -> None:
        """List the mailbox as ready, unless it is listed or being drained."""
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
        """Start an empty queue: an abandoned worker that drains the old one finds nothing more in it."""
        self.queue = deque()

    def __len__(self) -> int:
        return len(self.queue)

    def __bool__(self) -> bool:
        """An empty mailbox is still a mailbox."""
        return True

    def __repr__(self) -> str:
        return f"<Inbox {self.name}: {len(self.queue)} waiting>"
