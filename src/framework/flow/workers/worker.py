"""`FlowWorker`: the task that takes items out of a job's queue, processes them and hands the results on."""

from __future__ import annotations

import asyncio
from functools import partial
from operator import length_hint
from typing import TYPE_CHECKING, Any

from framework.flow.signals import NOTHING, LastWorkItem, Special
from framework.flow.workers.item_worker import ItemWorker
from framework.flow.workers.worker_task import INSIDE, Inside, WorkerState, WorkerTask

if TYPE_CHECKING:
    from contextvars import Context

    from framework.flow.jobs.limits import Prepared
    from framework.flow.jobs.processors import Call
    from framework.flow.queues.lanes import Lanes

IDLE, WORKING = WorkerState.IDLE, WorkerState.WORKING
TURN = range(256)  # items before other tasks get a turn: a body that never waits would starve timers and `stop`


class FlowWorker(ItemWorker):
    """One task of a job; it owns its processor, and at most one item (or batch) at a time.

    Its job registers it before it starts it, so that it makes no difference how tasks start.
    """

    __slots__ = ()

    def start(self) -> None:
        """Start the task."""
        self.task = WorkerTask(
            self._live(), loop=self.loop, name=f"{self.run.name}/{self.job.name}", context=self.context, owner=self
        )

    def progress(self) -> tuple[int, int]:
        """Return what tells the present item from others."""
        return self._rounds, length_hint(self._turn)

    async def _live(self) -> None:
        INSIDE.set(Inside(self, INSIDE.get()))
        async with self.job.source.processor() as processor:
            prepared = self.job.prepare(processor, self)
            self.processor = processor
            self.enter(WorkerState.WORKING)
            self.job.opened()
            self.ready.set_result(None)
            try:
                await self.work(prepared)
            except BaseException as error:
                self.error = error
                raise
            finally:
                self.enter(WorkerState.ENDING)
            if self.run.is_cut_short:  # what opened the processor, or an item, has swallowed the cancellation
                raise asyncio.CancelledError

    def retire(self) -> None:
        """Let it end when it becomes idle; its processor is released as after any block that did not raise."""
        self.retired = True
        self.channel.mix()  # it looks up from the hot loop

    # -- taking items

    async def work(self, prepared: Prepared) -> None:
        """Take items until it is retired."""
        if self.job.lanes is None and prepared.is_plain:
            await self._work_fast(prepared.call)
        elif self.job.lanes is None and prepared.generator is not None:
            await self._work_generating(prepared.generator, prepared.call)
        else:
            await self._work_carefully(prepared.call)

    async def _work_fast(self, call: Call) -> None:  # noqa: C901, PLR0912 - the hot loop: a call more per item costs a tenth
        following, channel, counter = self.job.next, self.channel, self.counter
        out = following.input if following else channel
        buffer, out_buffer = channel.buffer, out.buffer
        context, clean = self.context, self.context.copy()
        while True:
            self._rounds += 1
            turn = self._turn = iter(TURN)
            for _ in turn:
                while not buffer:
                    item = result = None  # an idle worker keeps nothing alive
                    if not await self.rest():
                        return
                try:
                    if context != clean:
                        context = clean
                        self._isolate(clean)
                except Exception:  # noqa: BLE001 - values that cannot be compared have changed
                    context = clean
                    self._isolate(clean)
                item = buffer.popleft()
                if channel.alert and channel.took() and (isinstance(item, Special) or self.is_careful):
                    await self.handle(item, call)
                    if self.retired:
                        return
                    continue
                # The plain path; `handle` does the same with observers and tickets. Kept apart because it is hot.
                try:
                    result = await call(item)
                except BaseException as error:  # noqa: BLE001 - examined and raised again there
                    await self.raised(item, error)
                    continue
                if type(result) is LastWorkItem:
                    self._last(item, result)
                    continue
                counter.done += 1
                if following is None:
                    continue
                if len(out_buffer) >= out.full:
                    await self._push(following, result)
                    continue
                out_buffer.append(result)
                if out.alert:
                    out.came()
            await self.breathe()

    async def _work_generating(self, generate: Call, call: Call) -> None:  # noqa: C901, PLR0912 - hot as well
        following, channel, counter = self.job.next, self.channel, self.counter
        out = following.input if following else channel
        buffer, out_buffer = channel.buffer, out.buffer
        context, clean = self.context, self.context.copy()
        while True:
            self._rounds += 1
            turn = self._turn = iter(TURN)
            for _ in turn:
                while not buffer:
                    item = value = values = None
                    if not await self.rest():
                        return
                if self._has_leaked(context, clean):
                    context = clean
                    self._isolate(clean)
                item = buffer.popleft()
                if channel.alert and channel.took() and (isinstance(item, Special) or self.is_careful):
                    await self.handle(item, call)
                    if self.retired:
                        return
                    continue
                values = generate(item)
                try:
                    if following is None or out.bound > len(TURN):
                        value = await self._spawn_many(values)
                    else:
                        async for value in values:
                            if type(value) is LastWorkItem:
                                break
                            counter.spawned += 1
                            if len(out_buffer) >= out.full:
                                await self._push(following, value)
                                continue
                            out_buffer.append(value)
                            if out.alert:
                                out.came()
                        else:
                            value = NOTHING
                    if value is not NOTHING:
                        await close(values)
                except BaseException as error:  # noqa: BLE001 - examined and raised again there
                    await self.raised(item, await closed(values, error))
                    continue
                if value is NOTHING:
                    counter.done += 1
                    counter.spent += following is not None
                else:
                    self._last(item, value)
            await self.breathe()

    async def _spawn_many(self, values: Any) -> Any:
        """Hand on what a generator yields where no full queue gives other tasks a turn; return its LastWorkItem."""
        following, counter = self.job.next, self.counter
        async for value in values:
            if type(value) is LastWorkItem:
                return value
            spawned = counter.spawned = counter.spawned + 1
            if following is not None:
                out = following.input
                if len(out.buffer) >= out.full:
                    await self._push(following, value)
                else:
                    out.append(value)
            if not spawned & 255:
                await asyncio.sleep(0)
        return NOTHING

    async def _work_carefully(self, call: Call) -> None:
        channel, lanes, clean = self.channel, self.job.lanes, self.context.copy()
        self._isolate(clean)
        while True:
            self._rounds += 1
            turn = self._turn = iter(TURN)
            for _ in turn:
                while not channel.buffer:
                    if not await self.rest():
                        return
                entry = channel.buffer.popleft()
                channel.took()
                if lanes is None or isinstance(entry, LastWorkItem):
                    await self.handle(entry, call)
                else:
                    await self._take_turn(lanes, entry, call)
                entry = None
                if self.retired:
                    return
            await self.breathe()

    async def _take_turn(self, lanes: Lanes, entry: Any, call: Call) -> None:
        try:
            admitted = lanes.admit(entry)
        except Exception as error:  # noqa: BLE001 - the function of the key is the user's
            await self.handle(entry, partial(_fail, error))
            return
        if admitted is None:
            return
        self._waits = False
        try:
            await self.handle(admitted, call)
        finally:
            if not self._waits:
                lanes.release(admitted)

    async def rest(self) -> bool:
        """Wait until there may be an item; False when this worker is to end."""
        if self.retired:
            return False
        channel, seconds = self.channel, self.seconds
        waiter = self.waiter = self.loop.create_future()
        now = self.now()  # as `enter` does; a call less twice an item
        seconds[WORKING] += now - self.since
        self.state, self.since = IDLE, now
        channel.park(self)
        if channel.idle == self.job.serving:
            self.run.settle()
        try:
            stays: bool = await waiter
        except BaseException as error:
            channel.abandon(self)
            if self.is_stray(error):
                return True
            raise
        finally:
            now = self.now()
            seconds[IDLE] += now - self.since
            self.state, self.since = WORKING, now
        if stays:
            channel.unpark()
        return stays

    # -- the context of an item

    @property
    def is_careful(self) -> bool:
        """Whether plain items take the slow path as well."""
        return self.retired or self.disturbed or self._base is not None or self.run.observers.watched

    def _isolate(self, clean: Context) -> None:
        """Run each item in a context of its own from now on, because one has changed the variables of this task."""
        self._base = clean
        self.channel.mix()

    @staticmethod
    def _has_leaked(context: Context, clean: Context) -> bool:
        try:
            return context != clean
        except Exception:  # noqa: BLE001 - values that cannot be compared have changed
            return True


async def _fail(error: Exception, _item: Any) -> None:
    raise error


async def close(generator: Any) -> None:
    """Run the cleanup of an asynchronous generator now; elsewhere it would run whenever it is collected."""
    if hasattr(generator, "aclose"):
        await generator.aclose()


async def closed(generator: Any, error: BaseException) -> BaseException:
    """Run the cleanup of a generator that is left because of an error; return that, or what the cleanup raised."""
    try:
        await close(generator)
    except BaseException as raised:  # noqa: BLE001 - examined by the caller
        return raised
    return error
