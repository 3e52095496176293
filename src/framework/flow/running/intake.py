"""`ItemIntake`: what comes into a run, and whether more will come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any, TypeVar

from framework.errors import FlowEnded, LifecycleError
from framework.flow.queues.envelope import Attempt, Envelope, Ticket, finish
from framework.flow.queues.sources import ItemSource, Pump, Put
from framework.flow.signals import Special

if TYPE_CHECKING:
    from framework.flow.queues.channel import Channel
T = TypeVar("T")


class ItemIntake:
    """Counts those that will put items: sources, feeds, and the caller that is about to drive the run.

    `ticket` makes one for each item that is put, where the results are read.
    """

    def __init__(
        self,
        name: str,
        entrance: Channel,
        settle: Callable[[], object],
        found: Callable[[str, Any], object] | None = None,
    ) -> None:
        self.name = name
        self.entrance = entrance
        self.feeds = 0
        self.was_fed = False
        self.is_driven = False
        self.ticket: Callable[[], Ticket] | None = None
        self.feeders: dict[asyncio.Task[None], Pump] = {}
        self._settle = settle
        self._found = found
        self._loop = asyncio.get_running_loop()

    def claim(self) -> None:
        """Let the caller drive: until `drive` the run does not end by itself; raises LifecycleError if driven."""
        if self.is_driven:
            raise LifecycleError(f"{self.name} is being run already: await that run, or await flow.stop() first")
        self.is_driven = True
        self.feeds += 1

    def drive(self) -> None:
        """Let the run end by itself from now on."""
        self.feeds -= 1
        self._settle()

    def open(self) -> None:
        """Keep the run open for a producer."""
        self.feeds += 1
        self.was_fed = True

    def close(self) -> None:
        """A producer has put all its items."""
        self.feeds -= 1
        self._settle()

    def feed_from(
        self,
        source: ItemSource,
        failed: Callable[[BaseException], object],
        *,
        executor: Executor | None = None,
        put: Put | None = None,
    ) -> None:
        """Put everything that `source` gives, and keep the run open at least that long; `failed` gets its error."""
        self.open()
        offer = self.entrance.offer if put is None else _declined
        pump = Pump(source, offer, put or self.entrance.put_in_turn, is_refused=put is None, executor=executor)
        feeder = asyncio.Task(pump.run(), loop=self._loop, name=f"{self.name}/source")
        self.feeders[feeder] = pump

        def ended(feeder: asyncio.Task[None]) -> None:
            self.feeders.pop(feeder, None)
            if not feeder.cancelled() and (error := feeder.exception()) is not None:
                failed(error)
            self.close()

        feeder.add_done_callback(ended)

    async def put(self, item: Any, entrance: Channel | None = None) -> None:
        """Put an item at that entrance, by default the first, when there is room; from any loop; raises FlowEnded."""
        if asyncio.get_running_loop() is not self._loop:
            await in_loop(self._loop, self.put(item, entrance))
            return
        channel = entrance or self.entrance
        if self._found is not None:
            self._found(channel.name, item)
        if self.ticket is not None and not isinstance(item, Special):
            item = Envelope(item, self.ticket())
        try:
            await channel.put(item)
        except (FlowEnded, asyncio.CancelledError):
            finish(item, "dropped")
            raise

    async def follow(self, item: Any, attempt: Attempt) -> Attempt:
        """Put an item and wait until it, and all that was made of it, has ended; raises FlowEnded."""
        await self.entrance.put(Envelope(item, attempt))
        await asyncio.wait({attempt.over})
        return attempt


def _declined(_item: Any) -> bool:
    return False


async def in_loop(loop: asyncio.AbstractEventLoop, call: Coroutine[Any, Any, T]) -> T:
    """Await `call` in that loop, which is the running one or that of another thread; raises LifecycleError."""
    if asyncio.get_running_loop() is loop:
        return await call
    if not loop.is_running():
        call.close()
        raise LifecycleError(
            "the event loop of the flow does not run: await this there, or flow.stop() once it is closed"
        )
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(call, loop))
