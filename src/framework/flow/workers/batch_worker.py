"""`BatchWorker`: the worker of a job with `batch=`, which processes several items in one call."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from framework.flow.jobs.batching import Batch, results_of
from framework.flow.queues.envelope import Envelope, attempt_of, plain
from framework.flow.signals import LastWorkItem
from framework.flow.workers.worker import TURN, FlowWorker
from framework.flow.workers.worker_task import WorkerState

if TYPE_CHECKING:
    from framework.flow.jobs.limits import Prepared
    from framework.flow.jobs.processors import Call
    from framework.flow.workers.run_context import RunningJob


class Lingering:
    """A worker that waits for more items of its batch, before the idle workers do; `wanted` is how many it takes."""

    __slots__ = ("waiter", "wanted")

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.waiter: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def give_up(self) -> None:
        """Process what there is: the result of `waiter` is False then."""
        if not self.waiter.done():
            self.waiter.set_result(False)


class Collecting:
    """The batch of a job that is being collected: at most one, so that a few items are not split among workers."""

    __slots__ = ("_channel", "lingering")

    def __init__(self, channel: Any) -> None:
        self.lingering: Lingering | None = None
        self._channel = channel

    @property
    def wanted(self) -> int:
        """How many of the items that wait are for the worker that collects."""
        return 0 if self.lingering is None else self.lingering.wanted

    def give_up(self) -> None:
        """Process what there is."""
        if self.lingering is not None:
            self.lingering.give_up()

    def begin(self, wanted: int) -> Lingering:
        """Wait for an item."""
        self.lingering = Lingering(wanted)
        self._channel.await_item(self.lingering)
        return self.lingering

    def end(self, lingering: Lingering) -> None:
        """Go on, with an item or without."""
        self.lingering = None
        self._channel.left(lingering)


class BatchWorker(FlowWorker):
    """Holds up to `batch.size` items at a time."""

    __slots__ = ("batch", "collecting")

    def __init__(self, job: RunningJob, batch: Batch, collecting: Collecting) -> None:
        self.batch = batch
        self.collecting = collecting
        super().__init__(job)

    async def work(self, prepared: Prepared) -> None:
        """Take batches until it is retired."""
        call, channel = prepared.call, self.channel
        self._isolate(self.context.copy())
        while not self.retired:
            # What lingers gets the items that it still wants.
            while len(channel.buffer) <= self.collecting.wanted:
                if not await self.rest():
                    return
            self._rounds += 1
            self._turn = iter(TURN)
            entries: list[Any] = []
            try:
                await self._collect(entries)
            except BaseException:
                self.drop(self.job, entries, self.channel.reason or "its worker was cancelled")
                raise
            last = isinstance(entries[-1], LastWorkItem) and entries.pop()
            entries = self._without_abandoned(entries)
            if entries:
                await self._process(entries, call)
            if last:
                self.run.cut(self.job, last, taken=True)
            await self.breathe()  # as after a turn of single items

    async def rest(self) -> bool:
        """Wait until there may be an item; False when this worker is to end."""
        if self.collecting.lingering is not None:
            if self.channel.buffer:  # for the one that lingers; this one was woken for it
                self.channel.look()
            self.loop.call_soon(self.run.settle)  # that one may be all that keeps the flow open, once this one rests
        return await super().rest()

    async def _collect(self, entries: list[Any]) -> None:
        channel, batch = self.channel, self.batch
        until = self.now() + batch.linger
        while True:
            while channel.buffer and len(entries) < batch.size:
                if _is_retried(channel.buffer[0]) and entries:
                    channel.took()
                    return  # alone, after this batch
                entries.append(channel.buffer.popleft())
                if isinstance(entries[-1], LastWorkItem):
                    return
                if _is_retried(entries[-1]):
                    channel.give_back(-1)
                    channel.took()
                    return
            channel.took()
            left = until - self.now()
            if len(entries) == batch.size or left <= 0 or self.retired or self.collecting.lingering is not None:
                return
            if not await self._linger(left, batch.size - len(entries)):
                return

    async def _linger(self, seconds: float, wanted: int) -> bool:
        self.enter(WorkerState.IDLE)
        lingering = self.collecting.begin(wanted)
        timer = self.job.clock.call_later(seconds, lingering.give_up)
        try:
            self.run.settle()
            return await lingering.waiter
        finally:
            self.collecting.end(lingering)
            timer.cancel()
            self.enter(WorkerState.WORKING)

    def _without_abandoned(self, entries: list[Any]) -> list[Any]:
        abandoned = [e for e in entries if (attempt := attempt_of(e)) is not None and attempt.abandoned]
        self.drop(self.job, abandoned, "its attempt had timed out")
        return [entry for entry in entries if entry not in abandoned] if abandoned else entries

    async def _process(self, entries: list[Any], call: Call) -> None:
        began = self.now()
        try:
            returned = await self.call(call, [plain(entry) for entry in entries])
            results = results_of(returned, len(entries), self.job.name)
        except BaseException as error:  # noqa: BLE001 - examined and raised again for the first
            await self._settle_all(entries, [error] * len(entries), began)
        else:
            await self._settle_all(entries, results, began)

    async def _settle_all(self, entries: list[Any], results: Any, began: float) -> None:
        for index, (entry, result) in enumerate(zip(entries, results, strict=True)):
            try:
                if isinstance(result, BaseException):
                    await self.raised(entry, result, began)
                else:
                    await self.returned(entry, result, began)
            except BaseException:
                self.drop(self.job, entries[index + 1 :], self.channel.reason or "its worker was cancelled")
                raise


def _is_retried(entry: Any) -> bool:
    return isinstance(entry, Envelope) and entry.attempt > 1
