"""The worker of a job with `batch=`: it processes several items in one call."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from framework.flow.jobs.batching import Batch, results_of
from framework.flow.running.envelope import plain
from framework.flow.running.worker import FlowWorker
from framework.flow.signals import LastWorkItem

if TYPE_CHECKING:
    from framework.flow.jobs.processors import Call
    from framework.flow.running.run_context import RunningJob


class Lingerer:
    """Stands among the workers that wait for an item, while its worker holds part of a batch."""

    __slots__ = ("waiter",)

    def __init__(self) -> None:
        self.waiter: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def give_up(self) -> None:
        """The time is over."""
        if not self.waiter.done():
            self.waiter.set_result(False)


class BatchWorker(FlowWorker):
    """Holds up to `batch.size` items at a time."""

    __slots__ = ("batch",)

    def __init__(self, job: RunningJob, batch: Batch) -> None:
        self.batch = batch
        super().__init__(job)

    async def work(self, call: Call) -> None:
        """Take batches until retired or until the job is closed and empty."""
        buffer = self.channel.buffer
        while True:
            while not buffer:
                if not await self.rest():
                    return
            entries: list[Any] = []
            try:
                await self._collect(entries)
            except BaseException:
                self.drop(self.job, entries)
                raise
            last = isinstance(entries[-1], LastWorkItem) and entries.pop()
            if entries:
                await self._process(entries, call)
            if last:
                self.run.cut(self.job)
            await asyncio.sleep(0)  # as after a turn of single items

    async def _collect(self, entries: list[Any]) -> None:
        channel, clock, batch = self.channel, self.run.clock, self.batch
        until = clock.now() + batch.linger
        while True:
            while channel.buffer and len(entries) < batch.size:
                entries.append(channel.buffer.popleft())
                if isinstance(entries[-1], LastWorkItem):
                    return
            channel.took()
            left = until - clock.now()
            if len(entries) == batch.size or left <= 0 or not await self._linger(left):
                return

    async def _linger(self, seconds: float) -> bool:
        channel, lingerer = self.channel, Lingerer()
        timer = self.run.clock.call_later(seconds, lingerer.give_up)
        channel.parked.append(lingerer)
        try:
            return await lingerer.waiter
        finally:
            timer.cancel()
            channel.left(lingerer)

    async def _process(self, entries: list[Any], call: Call) -> None:
        began = self.run.clock.now()
        try:
            results = results_of(await call([plain(entry) for entry in entries]), len(entries), self.job.name)
        except BaseException as error:  # noqa: BLE001 - judged and raised again for the first
            await self._settle_all(entries, [error] * len(entries), call, began)
        else:
            await self._settle_all(entries, results, call, began)

    async def _settle_all(self, entries: list[Any], results: Any, call: Call, began: float) -> None:
        for index, (entry, result) in enumerate(zip(entries, results, strict=True)):
            try:
                if isinstance(result, BaseException):
                    await self.raised(entry, result, _one(call), began)
                else:
                    await self.returned(entry, result, began)
            except BaseException:
                self.drop(self.job, entries[index + 1 :])
                raise


def _one(call: Call) -> Call:
    async def one(item: Any) -> Any:
        return (await call([item]))[0]

    return one
