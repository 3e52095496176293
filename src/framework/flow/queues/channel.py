"""The bounded queue in front of a job, and what waits at its two sides.

A put or a get is a deque operation in the caller, no coroutine; futures exist only while something waits. At most one
wake-up per side is under way, and the task that was woken passes it on, so that a burst of items costs one turn of the
event loop instead of one per item.

`alert` is all that the hot loops look at: it is set when a worker is parked and no other is called, when a put waits
and is not invited, and while workers have to look at what they take (`mixed`). While a burst passes it is not set.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Container
from typing import Any, Protocol

from framework.errors import FlowEnded, LifecycleError
from framework.flow.queues.wake_ups import WakeUps
from framework.flow.signals import LastWorkItem, Special

SHUT = -(1 << 60)  # below any length: a put or a push finds no room, then finds out why


class Waiter(Protocol):
    """A worker that waits for an item: `waiter` gets True when there may be one, False when it shall end."""

    waiter: asyncio.Future[bool]


class Channel:
    """A bounded queue: `await channel.put(item)` waits for room.

    `bound` limits the items that wait; an item for an `idle` worker is as good as taken and does not count. `full` is
    the length of the buffer from which on there is no room: the bound, the idle workers and the items that have
    `returned` for another attempt, less those `deferred` until their key is free; SHUT while it is closed or paused.
    """

    __slots__ = (
        "_held", "_loop", "_wake_ups", "alert", "asks", "bound", "buffer", "calling", "cause", "closed", "deferred",
        "full", "idle", "inviting", "is_inside", "mixed", "name", "on_change", "overflow", "parked", "paused",
        "putters", "putting", "reason", "returned", "taken",
    )  # fmt: skip

    def __init__(self, name: str) -> None:
        self.name = name
        self.bound = 0
        self.full = SHUT
        self.closed = False
        self.paused = False
        self.reason = ""
        self.cause: BaseException | None = None
        self.on_change: Callable[[], object] = bool
        self.is_inside: Callable[[], object] = bool
        self.buffer: deque[Any] = deque()
        self.parked: deque[Waiter] = deque()
        self.idle = 0
        self.putters: deque[asyncio.Future[None]] = deque()
        self.putting = 0  # puts from outside that wait for room: they keep the flow from being idle
        self.calling = False  # a worker was woken and has not run yet
        self.asks = False  # it will look whether another worker is needed
        self.inviting = False  # a putter was woken and has not run yet
        self.alert = False  # what comes next, a put or a take, has to see to one of these: `came` or `took`
        self.mixed = False  # workers look at what they take: something special went through, or they are observed
        self.taken = 0  # items accepted from outside
        self.deferred = 0  # items that were taken out and wait for their key
        self.returned = 0  # items that are in it for another attempt; they do not count against the bound
        self.overflow = 0  # the most items that ever waited beyond the bound
        self._held: deque[Any] = deque()  # what waits while it is paused
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake_ups = WakeUps()

    def open(
        self,
        bound: int,
        on_change: Callable[[], object] = bool,
        is_inside: Callable[[], object] = bool,
        wake_ups: WakeUps | None = None,
    ) -> None:
        """Take items, `bound` of which may wait, except puts from inside; `on_change` is called when a put gave up."""
        self.bound = bound
        self._wake_ups = wake_ups or self._wake_ups
        self._loop = asyncio.get_running_loop()
        self.on_change = on_change
        self.is_inside = is_inside
        self._refresh()

    def _refresh(self) -> None:
        self.full = SHUT if self.closed or self.paused else self.bound - self.deferred + self.idle + self.returned

    def rebound(self, bound: int) -> None:
        """Change how many items may wait."""
        self.bound = bound
        self._refresh()
        self.invite_if_room()

    @property
    def waiting(self) -> int:
        """How many items wait, beyond those for idle workers."""
        return max(0, self.length - self.idle - self.returned)

    @property
    def length(self) -> int:
        """How many items are in it, those for idle workers included."""
        return len(self.buffer) + len(self._held) + self.deferred

    @property
    def room(self) -> bool:
        """Whether an item can be put right now."""
        if len(self.buffer) < self.full:
            return True
        return self.paused and not self.closed and self.length < self.bound + self.idle + self.returned

    def close(self, reason: str = "", cause: BaseException | None = None) -> None:
        """Take nothing more; puts that wait for room are refused with the reason."""
        if not self.closed:
            self.closed, self.reason, self.cause = True, reason, cause
            self._refresh()
        while self.putters:
            self._resolve(self.putters.popleft())

    def clear(self) -> list[Any]:
        """Remove and return what waits in it."""
        thrown = [*self.buffer, *self._held]
        self.buffer.clear()
        self._held.clear()
        self.give_back(-self.returned)
        return thrown

    def pause(self) -> None:
        """Hide what waits from the workers; the queue still fills up to its bound."""
        self.paused = True
        self._refresh()
        self._held.extend(self.buffer)
        self.buffer.clear()

    def resume(self) -> None:
        """Give the workers what waits."""
        self.paused = False
        self.buffer.extend(self._held)
        self._held.clear()
        self._refresh()
        if self.buffer and self.parked and not self.calling:
            self.call()
        self.invite_if_room()

    def offer(self, item: Any) -> bool:
        """Put an item from outside if there is room and no put waits; return whether it was taken."""
        buffer = self.buffer
        if len(buffer) >= self.full or self.putters or self.inviting:
            return False
        if isinstance(item, Special):
            self._accept(item)
            return True
        buffer.append(item)
        self.taken += 1
        if self.alert:
            self.came()
        return True

    async def put(self, item: Any) -> None:
        """Put an item from outside in turn, from inside at once; raises LifecycleError or FlowEnded."""
        if self.offer(item):
            return
        if self._loop is not None and not self.closed and self.is_inside():
            self._accept(item)
            self.overflow = max(self.overflow, self.waiting - self.bound)
            return
        await self.put_in_turn(item)

    async def put_in_turn(self, item: Any) -> None:
        """Put an item from outside that was offered in vain; raises LifecycleError or FlowEnded."""
        self.putting += 1
        try:
            # Behind those that already wait, even where there is room for a moment.
            turn = not (self.putters or self.inviting)
            while self._loop is not None and not (turn and self.room) and not self.closed:
                await self.invitation(first=not turn)
                turn = True
        except BaseException:
            self._gave_up()
            raise
        if self._loop is None or self.closed:
            self._gave_up()
            raise self._refusal()
        self.putting -= 1
        self._accept(item)

    def _gave_up(self) -> None:
        self.putting -= 1
        self.on_change()

    def _accept(self, item: Any) -> None:
        if isinstance(item, Special):
            self.mix()
        self.taken += type(item) is not LastWorkItem
        self.append(item)

    def append(self, item: Any) -> None:
        """Put an item whether there is room or not, and wake a worker for it."""
        if self.paused:
            self._held.append(item)
            self.invite_if_room()
            return
        self.buffer.append(item)
        if self.alert:
            self.came()

    def came(self) -> None:
        """Items were put in: wake a worker for them, and a put for the room that is left."""
        self.alert = self.mixed
        if self.parked and not self.calling:
            self.call()
        if self.putters and not self.inviting:
            self._invite_or_wait()

    def mix(self) -> None:
        """Let workers look at what they take from now on."""
        self.mixed = self.alert = True

    def put_back(self, entry: Special) -> None:
        """Put an entry to the front: its time has come again."""
        self.mix()
        (self._held if self.paused else self.buffer).appendleft(entry)
        if self.parked and not self.calling and not self.paused:
            self.call()

    def give_back(self, change: int) -> None:
        """Count items that are in it for another attempt."""
        self.returned += change
        self._refresh()

    async def wait_room(self) -> bool:
        """Wait until there is room; False when the channel was closed."""
        first = True
        while not self.room:
            if self.closed:
                return False
            await self.invitation(first=first)
            first = False
        return True

    async def invitation(self, *, first: bool) -> None:
        """Wait until there may be room, or it was closed; not the `first` time, then before all others."""
        assert self._loop is not None  # noqa: S101 - it is open
        invitation: asyncio.Future[None] = self._loop.create_future()
        # A put that was invited and found the room gone keeps its place at the head.
        (self.putters.append if first else self.putters.appendleft)(invitation)
        self.alert = True
        try:
            await invitation
        except BaseException:
            if invitation.done() and not invitation.cancelled():
                self._invited()
                self.invite_if_room()
            raise
        self._invited()

    def _invited(self) -> None:
        self.alert = True
        if self.inviting:  # else it was closed
            self.inviting = False
            self._wake_ups.arrive()

    def count_deferred(self, change: int) -> None:
        """Count items that were taken out and still wait, for the turn of their key."""
        self.deferred += change
        self._refresh()
        self.invite_if_room()

    def park(self, worker: Waiter) -> None:
        """Let a worker wait for an item; its `waiter` tells when."""
        self.parked.append(worker)
        self.alert = True
        self.idle += 1
        self.full += 1  # SHUT stays far below any length

    def unpark(self) -> None:
        """The worker that was woken goes on."""
        self.idle -= 1
        self.full -= 1
        self.calling, self.alert = False, True
        wake_ups = self._wake_ups  # as `arrive` does
        wake_ups.under_way -= 1
        if wake_ups.asking:
            wake_ups.look()

    def abandon(self, worker: Waiter) -> None:
        """The worker was cancelled while it waited; a wake-up that had reached it goes to the next."""
        waiter = worker.waiter
        told = None if waiter.cancelled() or not waiter.done() else waiter.result()
        if told is False:
            return  # retired, and counted out already
        self.idle -= 1
        self.full -= 1
        if told:
            self.call_another()
        elif worker in self.parked:
            self.parked.remove(worker)

    def await_item(self, waiter: Waiter) -> None:
        """Let one wait beside the idle workers, before them."""
        self.parked.appendleft(waiter)
        self.alert = True

    def left(self, waiter: Waiter) -> None:
        """One that waited beside the idle workers goes on, woken or not."""
        future = waiter.waiter
        if not future.cancelled() and future.done() and future.result():
            self.call_another()
        elif waiter in self.parked:
            self.parked.remove(waiter)

    def call_another(self) -> None:
        """What was called has gone on: wake a worker for the items that are left."""
        self.calling, self.alert = False, True
        self._wake_ups.arrive()
        self.look()

    def took(self) -> bool:
        """Items were taken out: wake a put that waits for room, and a worker for the items that are left.

        Returns whether workers look at what they take.
        """
        self.alert = self.mixed
        if self.putters and not self.inviting:
            self._invite_or_wait()
        if self.parked and not (self.calling or self.asks):
            if self.buffer:
                self.asks = True
                self._wake_ups.asking.append(self)
                if not self._wake_ups.under_way:
                    asyncio.get_running_loop().call_soon(self._wake_ups.look)
            else:
                self.alert = True
        return self.mixed

    def look(self) -> None:
        """Wake another worker for the items that are left, unless the present one has dealt with them by now."""
        self.asks, self.alert = False, True
        if self.buffer and self.parked and not self.calling:
            self.call()

    def call(self) -> None:
        """Wake the worker that waits longest."""
        while self.parked:
            waiter = self.parked.popleft().waiter
            if not waiter.done():
                self.calling = True
                self._wake_ups.under_way += 1
                waiter.set_result(True)
                return

    def invite(self) -> None:
        """Wake the put that waits longest."""
        while self.putters:
            if self._resolve(self.putters.popleft()):
                self.inviting = True
                self._wake_ups.under_way += 1
                return

    def invite_if_room(self) -> None:
        """Wake the put that waits longest, if there is room for it and no other was woken."""
        if self.putters and not self.inviting:
            self._invite_or_wait()

    def _invite_or_wait(self) -> None:
        if len(self.buffer) < self.full or self.room:
            self.invite()
        else:
            self.alert = True

    def retire(self, among: Container[object]) -> Waiter | None:
        """Let the one of those workers end that became idle last; None when none of them is idle."""
        for worker in reversed(self.parked):
            if worker in among and not worker.waiter.done():
                self.parked.remove(worker)
                self.idle -= 1
                self.full -= 1
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
        if self._loop is None:
            return LifecycleError(f"{self.name} has not been started: await flow.start(), or flow.run(source)")
        why = self.reason or "the flow has ended"
        ended = FlowEnded(f"{self.name} takes nothing more, {why}: await flow.start() begins again")
        ended.__cause__ = self.cause
        return ended
