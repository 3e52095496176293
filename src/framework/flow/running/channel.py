"""The bounded queue in front of a job, and who waits at its two sides.

A put or a get is a deque operation in the caller, no coroutine; futures exist only while somebody waits. At most one
wake-up per side is under way, whoever it wakes passes it on, so that a burst of items costs one turn of the event
loop instead of one per item.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Container
from typing import Any, Protocol

from framework.errors import FlowEnded, LifecycleError
from framework.flow.signals import LastWorkItem, Special

SHUT = -(1 << 60)  # a bound below any length: whoever looks for room finds none, then finds out why


class Waiter(Protocol):
    """A worker that waits for an item: `waiter` gets True when there may be one, False when it shall retire."""

    waiter: asyncio.Future[bool]


class Channel:
    """A bounded queue: `await channel.put(item)` waits for room.

    `bound` limits the items that wait; an item for an `idle` worker is as good as taken and does not count.
    """

    __slots__ = (
        "_loop", "bound", "buffer", "calling", "idle", "inviting", "mixed", "name", "on_change", "parked", "putters",
        "putting", "started", "taken",
    )  # fmt: skip

    def __init__(self, name: str) -> None:
        """Make one that is not open yet."""
        self.name = name
        self.started = False
        self.bound = SHUT
        self.on_change: Callable[[], object] = bool
        self.buffer: deque[Any] = deque()
        self.parked: deque[Waiter] = deque()
        self.idle = 0
        self.putters: deque[asyncio.Future[None]] = deque()
        self.putting = 0  # puts from outside that wait for room: they keep the flow from being idle
        self.calling = False  # a worker was woken and has not run yet
        self.inviting = False  # a putter was woken and has not run yet
        self.mixed = False  # something special went through: workers look at what they take
        self.taken = 0  # items accepted from outside

    def open(self, bound: int, on_change: Callable[[], object]) -> None:
        """Take items; `on_change` is called when a waiting put gave up, which may leave the flow idle."""
        self.bound = bound
        self._loop = asyncio.get_running_loop()
        self.started = True
        self.on_change = on_change

    @property
    def closed(self) -> bool:
        """Whether it takes nothing."""
        return self.bound == SHUT

    @property
    def waiting(self) -> int:
        """How many items wait, beyond those for idle workers."""
        return max(0, len(self.buffer) - self.idle)

    @property
    def room(self) -> bool:
        """Whether an item can be put right now."""
        return len(self.buffer) < self.bound + self.idle

    def close(self) -> None:
        """Take nothing more; whoever waits for room finds it closed."""
        self.bound = SHUT
        while self.putters:
            self._resolve(self.putters.popleft())

    def clear(self) -> list[Any]:
        """Throw away what waits."""
        thrown = list(self.buffer)
        self.buffer.clear()
        return thrown

    def offer(self, item: Any) -> bool:
        """Put an item from outside if nobody waits to and there is room; False otherwise."""
        buffer = self.buffer
        if self.putters or self.inviting or len(buffer) >= self.bound + self.idle:
            return False
        if isinstance(item, Special):
            self._accept(item)
            return True
        buffer.append(item)
        self.taken += 1
        if self.parked and not self.calling:
            self.call()
        return True

    async def put(self, item: Any) -> None:
        """Put an item from outside, in turn, when there is room.

        Raises:
            LifecycleError: the flow has not been started.
            FlowEnded: the flow has ended, or ended while this put waited.
        """
        if self.offer(item):
            return
        self.putting += 1
        try:
            # Behind those that already wait, even where there is room for a moment.
            turn = not (self.putters or self.inviting)
            while not (turn and self.room) and not self.closed:
                await self._invitation(first=not turn)
                turn = True
            if self.closed:
                raise self._refusal()
            self._accept(item)
        finally:
            self.putting -= 1
            self.on_change()

    def _accept(self, item: Any) -> None:
        self.mixed |= isinstance(item, Special)
        self.taken += not isinstance(item, LastWorkItem)
        self.append(item)

    def append(self, item: Any) -> None:
        """Put an item where there is known to be room, and see to it that somebody takes it."""
        self.buffer.append(item)
        if self.parked and not self.calling:
            self.call()
        if self.putters and not self.inviting and self.room:
            self.invite()

    async def wait_room(self) -> bool:
        """Wait until there is room; False when the channel was closed."""
        first = True
        while not self.room:
            if self.closed:
                return False
            await self._invitation(first=first)
            first = False
        return True

    async def _invitation(self, *, first: bool) -> None:
        invitation: asyncio.Future[None] = self._loop.create_future()
        # Whoever was invited and found the room gone keeps its place at the head.
        (self.putters.append if first else self.putters.appendleft)(invitation)
        try:
            await invitation
        except BaseException:
            if invitation.done() and not invitation.cancelled():
                self.inviting = False
                if self.putters and self.room:
                    self.invite()
            raise
        self.inviting = False

    def park(self, worker: Waiter) -> None:
        """Let a worker wait for an item; its `waiter` tells when."""
        self.parked.append(worker)
        self.idle += 1

    def unpark(self) -> None:
        """The worker that was woken goes on."""
        self.idle -= 1
        self.calling = False

    def abandon(self, worker: Waiter) -> None:
        """The worker was cancelled while it waited; a wake-up that had reached it goes to the next."""
        waiter = worker.waiter
        told = None if waiter.cancelled() or not waiter.done() else waiter.result()
        if told is False:
            return  # retired, and counted out already
        self.idle -= 1
        if told:
            self.calling = False
            if self.buffer and self.parked:
                self.call()

    def left(self, waiter: Waiter) -> None:
        """One that waited beside the idle workers goes on, woken or not."""
        future = waiter.waiter
        if not future.cancelled() and future.done() and future.result():
            self.calling = False
            if self.buffer and self.parked:
                self.call()
        elif waiter in self.parked:
            self.parked.remove(waiter)

    def took(self) -> None:
        """Items were taken out: see to those that wait for room, and for the items that are left."""
        if self.putters and not self.inviting and self.room:
            self.invite()
        if self.buffer and self.parked and not self.calling:
            self.call_next()

    def call_next(self) -> None:
        """Wake another worker for the items that are left, unless the present one has dealt with them by then.

        A body that does not wait empties the queue in one go; waking a worker for nothing costs five callbacks.
        """
        self.calling = True
        self._loop.call_soon(self._call_if_needed)

    def _call_if_needed(self) -> None:
        self.calling = False
        if self.buffer and self.parked:
            self.call()

    def call(self) -> None:
        """Wake the worker that waits longest."""
        while self.parked:
            waiter = self.parked.popleft().waiter
            if not waiter.done():
                self.calling = True
                waiter.set_result(True)
                return

    def invite(self) -> None:
        """Wake the put that waits longest."""
        while self.putters:
            if self._resolve(self.putters.popleft()):
                self.inviting = True
                return

    def retire(self, among: Container[object]) -> Waiter | None:
        """Send away the one of those workers that came to rest last; None when none of them rests."""
        for worker in reversed(self.parked):
            if worker in among and not worker.waiter.done():
                self.parked.remove(worker)
                self.idle -= 1
                worker.waiter.set_result(False)
                return worker
        return None

    @staticmethod
    def _resolve(future: asyncio.Future[None]) -> bool:
        if future.done():
            return False
        future.set_result(None)
        return True

    def _refusal(self) -> LifecycleError:
        if not self.started:
            return LifecycleError(f"{self.name} has not been started: await flow.start(), or flow.run(source)")
        return FlowEnded(f"{self.name} takes nothing more, the flow has ended: await flow.start() begins again")
