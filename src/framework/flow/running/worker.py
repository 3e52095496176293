"""The task that takes items out of a job's queue, processes them and hands the results on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from framework.flow.failures import log_failure
from framework.flow.running.envelope import Case, Envelope, finish, plain
from framework.flow.signals import LastWorkItem, RouteToErrorQueue, Special, StopProcessing
from framework.observe import Failure, ItemFinished

if TYPE_CHECKING:
    from framework.flow.jobs.processors import Call
    from framework.flow.running.run_context import RunningJob
    from framework.observe.happenings import Outcome

TURN = range(256)  # items before others get a turn: a body that never waits would starve timers and `stop`


class FlowWorker:
    """One task of a job; it owns its processor, and at most one item (or batch) at a time.

    It is at work `since` some moment, or waits for an item or for room.
    """

    __slots__ = ("channel", "job", "leaving", "loop", "now", "ready", "run", "since", "tally", "task", "waiter")

    def __init__(self, job: RunningJob) -> None:
        loop = self.loop = asyncio.get_running_loop()
        self.job = job
        # Its own run, because a processor that ignores its cancellation may outlive it into the next.
        self.run, self.tally, self.channel = job.context, job.tally, job.input
        self.now = job.context.clock.now
        self.since: float | None = None
        self.leaving = False
        self.ready: asyncio.Future[None] = loop.create_future()
        self.waiter: asyncio.Future[bool] = loop.create_future()
        self.task: asyncio.Task[None] = loop.create_task(self._live(), name=f"{job.context.name}/{job.name}")

    async def _live(self) -> None:
        job = self.job
        async with job.source.processor() as processor:
            call = job.prepare(processor)
            self.ready.set_result(None)
            self.since = self.now()
            try:
                await self.work(call)
            finally:
                self.leaving = True
                self.pause()

    def dismiss(self) -> None:
        """Cancel what it does, unless it only releases its processor any more: that is left to end."""
        if not self.leaving:
            self.task.cancel()

    async def work(self, call: Call) -> None:  # noqa: C901 - the hot loop: a call more per item costs a tenth
        """Take items until retired or until the job is closed and empty."""
        following, channel, tally, observers = self.job.next, self.channel, self.tally, self.run.observers
        buffer, parked, putters = channel.buffer, channel.parked, channel.putters
        out = following.input if following else channel
        out_buffer, out_parked, out_putters = out.buffer, out.parked, out.putters
        while True:
            for _ in TURN:
                while not buffer:
                    item = result = None  # an idle worker keeps nothing alive
                    if not await self.rest():
                        return
                item = buffer.popleft()
                if putters and not channel.inviting and channel.room:
                    channel.invite()
                if buffer and parked and not channel.calling:
                    channel.call_next()
                if observers.watched or (channel.mixed and isinstance(item, Special)):
                    await self.handle(item, call)
                    continue
                # The plain road; `handle` goes the same way with a watch and a ticket. Kept apart because it is hot.
                try:
                    result = await call(item)
                except BaseException as error:  # noqa: BLE001 - judged and raised again there
                    await self.raised(item, error, call)
                    continue
                if type(result) is LastWorkItem:
                    self._last(item)
                    continue
                tally.done += 1
                if following is None:
                    continue
                if out_putters or len(out_buffer) >= out.bound + out.idle:
                    await self._push(following, result)
                    continue
                out_buffer.append(result)
                if out_parked and not out.calling:
                    out.call()
            await asyncio.sleep(0)

    async def rest(self) -> bool:
        """Wait until there may be an item; False when this worker is to retire."""
        channel = self.channel
        if channel.closed:
            return False
        waiter = self.waiter = self.loop.create_future()
        self.pause()
        channel.park(self)
        if channel.idle == len(self.job.workers):
            self.run.settle()
        try:
            stays: bool = await waiter
        except BaseException:
            channel.abandon(self)
            raise
        finally:
            self.since = self.now()
        if stays:
            channel.unpark()
        return stays

    def pause(self) -> None:
        """Add up the time at work; between items it costs nothing."""
        assert self.since is not None  # noqa: S101 - who pauses was at work
        self.tally.busy += self.now() - self.since
        self.since = None

    async def handle(self, entry: Any, call: Call) -> None:
        """Process one entry of the queue, whatever it is, watched or not."""
        if isinstance(entry, LastWorkItem):
            self.run.cut(self.job)
            return
        began = self.run.clock.now()
        try:
            result = await call(plain(entry))
        except BaseException as error:  # noqa: BLE001 - judged and raised again there
            await self.raised(entry, error, call, began)
        else:
            await self.returned(entry, result, began)

    async def returned(self, entry: Any, result: Any, began: float | None = None) -> None:
        """Hand the result of an item on."""
        if isinstance(result, LastWorkItem):
            self._last(entry, began)
        elif self.job.next is not None:
            await self._forward(entry, result, self.job.next, began)
        else:
            self.tally.done += 1
            self.tell(entry, "done", began)
            finish(entry, "done", result)

    async def raised(self, entry: Any, error: BaseException, call: Call, began: float | None = None) -> None:
        """Settle an item whose processor raised.

        Raises:
            BaseException: `error` itself, when it ends the worker and not just the item.
        """
        if self.ends_worker(error):
            self.drop(self.job, [entry])
            raise error
        tally = self.tally
        if isinstance(error, StopProcessing):
            tally.skipped += 1
            self.tell(entry, "skipped", began)
            finish(entry, "skipped", error)
            return
        outcome: Outcome = "rerouted" if isinstance(error, RouteToErrorQueue) else "failed"
        if outcome == "failed":
            tally.failed += 1
        self.tell(entry, outcome, began)
        item = plain(entry)
        failure = Failure(self.job.name, item, 0, error, repeat=partial(call, item))
        ticket = entry.ticket if isinstance(entry, Envelope) else None
        await self._report(Case(item, ticket, self.job, failure, outcome))

    @property
    def is_left_behind(self) -> bool:
        """Whether its run is over, and with it everything that could be done with its item."""
        return self.run.is_over

    def drop(self, job: RunningJob, entries: Sequence[Any]) -> None:
        """Have entries counted that `job` will not process."""
        if not self.is_left_behind:
            job.drop(entries)

    def tell(self, entry: Any, outcome: Outcome, began: float | None) -> None:
        """Tell whoever watches that an item left this job."""
        run = self.run
        if run.observers.watched and not self.is_left_behind:
            now = run.clock.now()
            elapsed = 0.0 if began is None else now - began
            run.observers.notify(ItemFinished(self.job.name, plain(entry), outcome, now, elapsed))

    def ends_worker(self, error: BaseException) -> bool:
        """Whether `error` is meant for the task; a CancelledError that nobody asked for is the item's failure."""
        if isinstance(error, asyncio.CancelledError):
            return self.task.cancelling() > 0
        return isinstance(error, KeyboardInterrupt | GeneratorExit)

    def _last(self, entry: Any, began: float | None = None) -> None:
        self.tally.last += 1
        self.tell(entry, "done", began)
        finish(entry, "done", LastWorkItem())
        self.run.cut(self.job)

    async def _report(self, case: Case) -> None:
        run = self.run
        errors = self.job.errors
        if errors is None or case.outcome == "failed":
            run.keep(case.failure)
        if errors is not None:
            await self._push(errors, case)
            return
        if case.outcome == "rerouted":
            self.tally.rerouted += 1
        log_failure(case.failure)
        finish(case, case.outcome, case.failure.exception)

    async def _forward(self, entry: Any, result: Any, following: RunningJob, began: float | None = None) -> None:
        self.tally.done += 1
        self.tell(entry, "done", began)
        await self._push(following, Envelope(result, entry.ticket) if isinstance(entry, Envelope) else result)

    async def _push(self, job: RunningJob, entry: Any) -> None:
        """Put an entry into another job's queue, or drop it there when that takes nothing more."""
        if self.is_left_behind:
            return
        channel = job.input
        channel.mixed |= isinstance(entry, Special)
        if channel.room:
            channel.append(entry)
            return
        self.pause()
        self.tally.blocked += 1
        try:
            is_open = await channel.wait_room()
        except BaseException:
            self.drop(job, [entry])
            raise
        finally:
            self.tally.blocked -= 1
            self.since = self.now()
        if is_open:
            channel.append(entry)
        else:
            self.drop(job, [entry])
