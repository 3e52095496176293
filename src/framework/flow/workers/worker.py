"""`FlowWorker`: the task that takes items out of a job's queue, processes them and hands the results on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from operator import length_hint
from typing import TYPE_CHECKING, Any

from framework.flow.failures import CURRENT, log_failure
from framework.flow.signals import NOTHING, LastWorkItem, RouteToErrorQueue, Several, Special, StopProcessing, signal_in
from framework.flow.workers.envelope import Case, Envelope, attempt_of, finish, plain
from framework.flow.workers.worker_task import INSIDE, Inside, WorkerState, WorkerTask, in_context
from framework.observe import Failure, ItemFinished

if TYPE_CHECKING:
    from contextvars import Context

    from framework.flow.jobs.limits import Prepared
    from framework.flow.jobs.processors import Call
    from framework.flow.workers.lanes import Lanes
    from framework.flow.workers.run_context import RunningJob
    from framework.observe.happenings import Outcome

TURN = range(256)  # items before other tasks get a turn: a body that never waits would starve timers and `stop`
SPENT = Special()
"""The result of a processor that has handed on what it yielded."""


class FlowWorker:
    """One task of a job; it owns its processor, and at most one item (or batch) at a time."""

    __slots__ = (
        "_base", "_interrupted", "_rounds", "_turn", "_waits", "channel", "context", "dismissed", "entry", "error",
        "job", "loop", "now", "processor", "ready", "run", "seconds", "since", "state", "tally", "task", "waiter",
    )  # fmt: skip

    task: WorkerTask

    def __init__(self, job: RunningJob) -> None:
        """Make a worker that is not started yet, so that its job can register it first."""
        loop = self.loop = asyncio.get_running_loop()
        self.job = job
        self.run, self.tally, self.channel = job.context, job.tally, job.input
        self.now = job.clock.now
        self.seconds = job.seconds
        self.state = WorkerState.OPENING
        self.since = self.now()
        self.dismissed = False
        self.error: BaseException | None = None
        self.entry: Any = None
        self.processor: Any = None
        self.context = self.run.variables.copy()
        self.ready: asyncio.Future[None] = loop.create_future()
        self.waiter: asyncio.Future[bool] = loop.create_future()
        self._base: Context | None = None
        self._interrupted = False
        self._waits = False
        self._rounds = 0
        self._turn = iter(TURN)

    def start(self) -> None:
        """Start the task."""
        self.task = WorkerTask(
            self._live(),
            loop=self.loop,
            name=f"{self.run.name}/{self.job.name}",
            context=self.context,
            progress=self._progress,
        )

    def _progress(self) -> tuple[int, int]:
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

    def enter(self, state: WorkerState) -> None:
        """Add up the time in the present state, and begin another; between items it costs nothing."""
        now = self.now()
        self.seconds[self.state] += now - self.since
        self.state, self.since = state, now

    def dismiss(self) -> None:
        """Let it end when it becomes idle; its processor is released as after any block that did not raise."""
        self.dismissed = True
        self.channel.mixed = True  # it looks up from the hot loop

    def interrupt(self) -> None:
        """Cancel the body of the present item, and nothing else."""
        self._interrupted = True
        self.task.cancel()

    # -- taking items

    async def work(self, prepared: Prepared) -> None:
        """Take items until dismissed."""
        if self.job.lanes is None and prepared.is_plain:
            await self._work_fast(prepared.call)
        elif self.job.lanes is None and prepared.generator is not None:
            await self._work_generating(prepared.generator, prepared.call)
        else:
            await self._work_carefully(prepared.call)

    async def _work_fast(self, call: Call) -> None:  # noqa: C901, PLR0912 - the hot loop: a call more per item costs a tenth
        following, channel, tally, observers = self.job.next, self.channel, self.tally, self.run.observers
        buffer, parked, putters = channel.buffer, channel.parked, channel.putters
        out = following.input if following else channel
        out_buffer, out_parked, out_putters = out.buffer, out.parked, out.putters
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
                    leaked = context != clean
                except Exception:  # noqa: BLE001 - values that cannot be compared have changed
                    leaked = True
                if leaked:
                    context = clean
                    self._isolate(clean)
                item = buffer.popleft()
                if putters and not channel.inviting and channel.room:
                    channel.invite()
                if buffer and parked and not channel.calling:
                    channel.call_next()
                if observers.watched or (channel.mixed and (isinstance(item, Special) or self.is_careful)):
                    await self.handle(item, call)
                    if self.dismissed:
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
                tally.done += 1
                if following is None:
                    continue
                if out_putters or len(out_buffer) >= out.full:
                    await self._push(following, result)
                    continue
                out_buffer.append(result)
                if out_parked and not out.calling:
                    out.call()
            await asyncio.sleep(0)

    async def _work_generating(self, generate: Call, call: Call) -> None:  # noqa: C901, PLR0912 - hot as well
        following, channel, tally, observers = self.job.next, self.channel, self.tally, self.run.observers
        buffer, out = channel.buffer, following.input if following else channel
        out_buffer, out_parked, out_putters = out.buffer, out.parked, out.putters
        context, clean = self.context, self.context.copy()
        made = 0
        while True:
            self._rounds += 1
            turn = self._turn = iter(TURN)
            for _ in turn:
                while not buffer:
                    item = value = None
                    if not await self.rest():
                        return
                if self._has_leaked(context, clean):
                    context = clean
                    self._isolate(clean)
                item = buffer.popleft()
                channel.took()
                if observers.watched or (channel.mixed and (isinstance(item, Special) or self.is_careful)):
                    await self.handle(item, call)
                    if self.dismissed:
                        return
                    continue
                values = generate(item)
                try:
                    async for value in values:
                        made += 1
                        if type(value) is LastWorkItem:
                            break
                        if not made % len(TURN):
                            await asyncio.sleep(0)
                        tally.spawned += 1
                        if following is None:
                            tally.done += 1
                        elif out_putters or len(out_buffer) >= out.full:
                            await self._push(following, value)
                        else:
                            out_buffer.append(value)
                            if out_parked and not out.calling:
                                out.call()
                    else:
                        value = SPENT
                except BaseException as error:  # noqa: BLE001 - examined and raised again there
                    await close(values)
                    await self.raised(item, error)
                    continue
                await close(values)
                await self.returned(item, value)
            await asyncio.sleep(0)

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
                if self.dismissed:
                    return
            await asyncio.sleep(0)

    async def _take_turn(self, lanes: Lanes, entry: Any, call: Call) -> None:
        try:
            admitted = lanes.admit(entry)
        except Exception as error:  # noqa: BLE001 - the function of the key is the user's
            await self.raised(entry, error)
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
        if self.dismissed:
            return False
        channel = self.channel
        waiter = self.waiter = self.loop.create_future()
        self.enter(WorkerState.IDLE)
        channel.park(self)
        if self.job.is_resting:
            self.run.settle()
        try:
            stays: bool = await waiter
        except BaseException:
            channel.abandon(self)
            raise
        finally:
            self.enter(WorkerState.WORKING)
        if stays:
            channel.unpark()
        return stays

    def waits_for_lock(self) -> None:
        """It waits for the lock of its job."""
        self.enter(WorkerState.LOCKED)

    def waits_for_rate(self) -> None:
        """It waits for the rate of its job."""
        self.enter(WorkerState.BLOCKED)

    def works(self) -> None:
        """It waits no longer."""
        self.enter(WorkerState.WORKING)

    # -- the context of an item

    @property
    def is_careful(self) -> bool:
        """Whether plain items take the slow path as well."""
        return self.dismissed or self._base is not None

    def _isolate(self, clean: Context) -> None:
        """Run each item in a context of its own from now on, because one has changed the variables of this task."""
        self._base = clean
        self.channel.mixed = True

    @staticmethod
    def _has_leaked(context: Context, clean: Context) -> bool:
        try:
            return context != clean
        except Exception:  # noqa: BLE001 - values that cannot be compared have changed
            return True

    async def call(self, call: Call, entry: Any) -> Any:
        """Await the processor."""
        if self._base is None and not isinstance(entry, Case):
            return await call(plain(entry))
        context = (self._base or self.context).copy()
        if isinstance(entry, Case):
            context.run(CURRENT.set, entry.failure)
        return await in_context(context, call, plain(entry))

    # -- the slow path of an item

    async def handle(self, entry: Any, call: Call) -> None:
        """Process one entry of the queue, whatever it is, observed or not."""
        if isinstance(entry, LastWorkItem):
            self.run.cut(self.job, entry, taken=True)
            return
        attempt = attempt_of(entry)
        if attempt is not None:
            if attempt.abandoned:
                self.drop(self.job, [entry], "its attempt had timed out")
                return
            attempt.workers.add(self)
        self.entry = entry
        began = self.now()
        try:
            try:
                result = await self.call(call, entry)
            except BaseException as error:  # noqa: BLE001 - examined and raised again there
                await self.raised(entry, error, began)
            else:
                await self.returned(entry, result, began)
        except asyncio.CancelledError:
            if not self._interrupted:
                raise
        finally:
            self.entry = None
            if attempt is not None:
                attempt.workers.discard(self)
            if self._interrupted:
                self._interrupted = False
                self.task.uncancel()

    async def returned(self, entry: Any, result: Any, began: float | None = None) -> None:
        """Hand the result of an item on."""
        if type(result) is Several:
            self.entry = entry
            result = await self._spawn_all(result)
        if result is SPENT:
            self.tally.done += 1
            self.tally.spent += self.job.next is not None
            self.tell(entry, "done", began)
            self._close(entry, NOTHING)
        elif isinstance(result, LastWorkItem):
            self._last(entry, result, began)
        elif self.job.next is not None:
            await self._forward(entry, result, self.job.next, began)
        else:
            await self._room_for_result(entry)
            self.tally.done += 1
            self.tell(entry, "done", began)
            self._close(entry, result)

    async def _room_for_result(self, entry: Any) -> None:
        """Wait for the reader of a stream, whom results of one item after the other could outrun."""
        results = getattr(entry.ticket, "results", None) if isinstance(entry, Envelope) else None
        if results is not None:
            self.enter(WorkerState.BLOCKED)
            try:
                await results.wait_room()
            except BaseException:
                self.drop(self.job, [entry], self.channel.reason or "its worker was cancelled")
                raise
            finally:
                self.enter(WorkerState.WORKING)

    async def _spawn_all(self, results: Several) -> Any:
        for value in results:
            if type(value) is LastWorkItem:
                return value
            await self.spawn(value)
        return SPENT

    async def spawn(self, value: Any) -> None:
        """Hand on a value that the processor yielded: a new item, whose parent is the one at work."""
        entry, following = self.entry, self.job.next
        self.tally.spawned += 1
        child: Any = value
        if isinstance(entry, Case):
            child = Case(None, value, entry.job, entry.failure, "done")
        elif self.run.observers.watched or isinstance(entry, Envelope):
            ticket = entry.ticket if isinstance(entry, Envelope) else None
            child = Envelope(value, None if ticket is None else ticket.child(), plain(entry))
        if following is not None:
            await self._push(following, child)
            return
        await self._room_for_result(child)
        self.tally.done += 1
        self.tell(child, "done", None)
        finish(child, "done", value)

    async def raised(self, entry: Any, error: BaseException, began: float | None = None) -> None:
        """Settle an item whose processor raised.

        Raises:
            BaseException: `error` itself, when it ends the worker and not just the item.
        """
        if self._interrupted and isinstance(error, asyncio.CancelledError):
            self.drop(self.job, [entry], "its attempt had timed out")
            return
        if self.ends_worker(error):
            self.drop(self.job, [entry], self.channel.reason or "its worker was cancelled")
            raise error
        error = signal_in(error)
        if isinstance(error, StopProcessing):
            self.tally.skipped += 1
            self.tell(entry, "skipped", began)
            self._close(entry, error, "skipped")
            return
        outcome: Outcome = "rerouted" if isinstance(error, RouteToErrorQueue) else "failed"
        if outcome == "failed" and not self.is_left_behind and self.job.retry(entry, error):
            self._waits = True
            return
        item = plain(entry)
        repeat = partial(self.job.call_alone, self.processor, item)
        await self.fails(entry, Failure(self.job.name, item, 0, error, repeat=repeat), outcome, began)

    async def fails(self, entry: Any, failure: Failure, outcome: Outcome, began: float | None) -> None:
        """Settle an item that failed or is rerouted: hand it to the error job, where there is one."""
        if isinstance(entry, Case):
            self._fails_again(entry, failure, began)
            return
        if outcome == "failed":
            self.tally.failed += 1
        self.tell(entry, outcome, began)
        case = Case(entry, plain(entry), self.job, failure, outcome)
        errors, run = self.job.errors, self.run
        if errors is not None:
            if outcome == "failed":
                run.keep(failure)
            await self._push(errors, case)
            return
        if outcome == "rerouted":
            self.tally.rerouted += 1
        if self.job.scoped:  # the job in front of the sub-flow reports it
            finish(case, outcome, failure)
            return
        run.keep(failure)
        log_failure(failure)
        finish(case, outcome, failure.exception)
        self._lighten(entry, failure)

    def _fails_again(self, case: Case, failure: Failure, began: float | None) -> None:
        """The error job failed on an item itself: it has failed, whatever brought it there."""
        self.tally.failed += 1
        self.tell(case, "failed", began)
        self.run.keep(failure)
        log_failure(failure)
        if case.outcome == "rerouted" and not self.is_left_behind:
            case.job.tally.failed += 1
        finish(case, "failed", failure.exception)
        self._lighten(case, failure)
        self._lighten(case, case.failure)

    def _close(self, entry: Any, value: Any, outcome: Outcome = "done") -> None:
        """Tell the ticket how an item ended; a case ends as what brought it to the error job."""
        if not isinstance(entry, Case):
            finish(entry, outcome, value)
            return
        if entry.outcome == "rerouted" and not self.is_left_behind:
            entry.job.tally.rerouted += 1
        finish(entry, entry.outcome, None if entry.job.scoped else entry.failure.exception)
        self._lighten(entry, entry.failure)

    def _lighten(self, entry: Any, failure: Failure) -> None:
        if attempt_of(entry) is None:  # else the caller that follows the item gets the exception
            self.run.lighten(failure)

    @property
    def is_left_behind(self) -> bool:
        """Whether its run is over, and with it everything that could be done with its item."""
        return self.run.is_over

    def drop(self, job: RunningJob, entries: Sequence[Any], reason: str) -> None:
        """Have entries counted that `job` will not process."""
        if not self.is_left_behind:
            job.drop(entries, reason)

    def tell(self, entry: Any, outcome: Outcome, began: float | None) -> None:
        """Tell observers that an item left this job."""
        run = self.run
        if run.observers.watched and not self.is_left_behind:
            now = self.now()
            elapsed = 0.0 if began is None else now - began
            parent, attempts = (entry.parent, entry.attempt) if isinstance(entry, Envelope) else (NOTHING, 1)
            parent = None if parent is NOTHING else parent
            run.observers.notify(ItemFinished(self.job.name, plain(entry), outcome, now, elapsed, parent, attempts))

    def ends_worker(self, error: BaseException) -> bool:
        """Whether `error` is meant for the task; a CancelledError of anything else is the item's failure."""
        if isinstance(error, asyncio.CancelledError):
            return self.task.is_cancelled_now
        return isinstance(error, KeyboardInterrupt | GeneratorExit)

    def _last(self, entry: Any, last: LastWorkItem, began: float | None = None) -> None:
        self.tally.last += 1
        self.tell(entry, "done", began)
        if self.job.scoped:  # the job in front of the sub-flow ends the flow
            finish(entry, "done", last)
            return
        self._close(entry, NOTHING)
        self.run.cut(self.job, last, taken=False)

    async def _forward(self, entry: Any, result: Any, following: RunningJob, began: float | None = None) -> None:
        self.tally.done += 1
        self.tell(entry, "done", began)
        await self._push(following, entry.carry(result) if isinstance(entry, Envelope) else result)

    async def _push(self, job: RunningJob, entry: Any) -> None:
        """Put an entry into another job's queue, or drop it there when that takes nothing more."""
        if self.is_left_behind:
            return
        channel = job.input
        channel.mixed |= isinstance(entry, Special)
        if channel.room:
            channel.append(entry)
            return
        self.enter(WorkerState.BLOCKED)
        try:
            is_open = await channel.wait_room()
        except BaseException:
            self.drop(job, [entry], self.channel.reason or "its worker was cancelled")
            raise
        finally:
            self.enter(WorkerState.WORKING)
        if is_open:
            channel.append(entry)
        else:
            self.drop(job, [entry], channel.reason)


async def close(generator: Any) -> None:
    """Run the cleanup of an asynchronous generator now; elsewhere it would run whenever it is collected."""
    if hasattr(generator, "aclose"):
        await generator.aclose()
