"""`ItemWorker`: how a worker processes one item and settles what comes of it. Base of `FlowWorker`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from framework.flow.queues.envelope import Attempt, Case, Envelope, attempt_of, failure_of, finish, plain
from framework.flow.signals import NOTHING, LastWorkItem, RouteToErrorQueue, Several, Special, StopProcessing, signal_in
from framework.flow.workers.failures import CURRENT, log_failure
from framework.flow.workers.telling_worker import Came, TellingWorker
from framework.flow.workers.worker_task import WorkerState, WorkerTask, in_context
from framework.observe import Failure

if TYPE_CHECKING:
    from contextvars import Context

    from framework.flow.jobs.processors import Call
    from framework.flow.queues.channel import Channel
    from framework.flow.workers.run_context import RunningJob
    from framework.observe.happenings import Outcome

TIMED_OUT = "its attempt had timed out"
SPENT = Special()
"""The result of a processor that has handed on what it yielded."""


class ItemWorker(TellingWorker):
    """Has a processor and at most one item at a time; what takes the items out of a queue is in `FlowWorker`."""

    __slots__ = (
        "_base", "_interrupted", "_rounds", "_turn", "_waits", "channel", "context", "counter", "disturbed", "entry",
        "error", "job", "log", "loop", "made", "now", "processor", "ready", "retired", "run", "seconds", "since",
        "state", "task", "waiter",
    )  # fmt: skip

    task: WorkerTask

    def __init__(self, job: RunningJob) -> None:
        loop = self.loop = asyncio.get_running_loop()
        self.job = job
        self.run, self.counter, self.channel = job.context, job.counter, job.input
        self.now = job.clock.now
        self.seconds = job.seconds
        self.state = WorkerState.OPENING
        self.since = self.now()
        self.retired = False
        self.disturbed = False
        self.error: BaseException | None = None
        self.entry: Any = None
        self.log = self.run.log
        self.made: list[Any] = []
        self.processor: Any = None
        self.context = self.run.variables.copy()
        self.ready: asyncio.Future[None] = loop.create_future()
        self.waiter: asyncio.Future[bool] = loop.create_future()
        self._base: Context | None = None
        self._interrupted = False
        self._waits = False
        self._rounds = 0
        self._turn = iter(range(0))

    def enter(self, state: int) -> None:
        """Add up the time in the present state, and begin another; between items it costs nothing."""
        now = self.now()
        self.seconds[self.state] += now - self.since
        self.state, self.since = state, now

    def waits_for_lock(self) -> None:
        """It waits for the lock of its job."""
        self.enter(WorkerState.LOCKED)

    def waits_for_rate(self) -> None:
        """It waits for the rate of its job."""
        self.enter(WorkerState.BLOCKED)

    def works(self) -> None:
        """It waits no longer."""
        self.enter(WorkerState.WORKING)

    def disturb(self) -> None:
        """It was cancelled: before the next item it looks whether that still holds."""
        self.disturbed = True
        self.channel.mix()

    def is_stray(self, error: BaseException) -> bool:
        """Whether a cancellation arrives that was taken back.

        Before Python 3.13 `uncancel()` leaves one that is on its way, as that of a TaskGroup whose task failed at once.
        """
        wanted = self.retired or self._interrupted or self.task.is_cancelled
        return isinstance(error, asyncio.CancelledError) and not wanted

    def is_cancelled(self, before: int) -> bool:  # noqa: ARG002 - the task tells its own cancellations from others
        """Whether its task is cancelled by another."""
        return self.task.is_cancelled

    async def breathe(self) -> None:
        """Let other tasks have a turn, and let a stray cancellation arrive."""
        self.disturbed = False
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError as error:
            if not self.is_stray(error):
                raise

    def interrupt(self) -> None:
        """Cancel the body of the present item, and nothing else."""
        self._interrupted = True
        self.task.cancel()

    async def call(self, call: Call, entry: Any) -> Any:
        """Await the processor."""
        failure = failure_of(entry)
        if self._base is None and failure is None:
            return await call(plain(entry))
        context = (self._base or self.context).copy()
        if failure is not None:
            context.run(CURRENT.set, failure)
        return await in_context(context, call, plain(entry))

    async def handle(self, entry: Any, call: Call) -> None:
        """Process one entry of the queue, whatever it is, observed or not."""
        if isinstance(entry, Envelope) and entry.attempt > 1:
            self.channel.give_back(-1)
        if self.disturbed:
            try:
                await self.breathe()
            except BaseException:
                self.drop(self.job, [entry], self.channel.reason or "its worker was cancelled")
                raise
        if isinstance(entry, LastWorkItem):
            self.run.cut(self.job, entry, taken=True)
            return
        attempt = attempt_of(entry)
        if attempt is None:
            await self._process(entry, call)
        elif attempt.abandoned:
            self.drop(self.job, [entry], TIMED_OUT)
        else:
            await self._process_part(entry, call, attempt)

    async def _process(self, entry: Any, call: Call) -> None:
        self.entry = entry
        began = self.now()
        try:
            result = await self.call(call, entry)
        except BaseException as error:  # noqa: BLE001 - examined and raised again there
            await self.raised(entry, error, began)
        else:
            await self.returned(entry, result, began)
        finally:
            self.entry = None

    async def _process_part(self, entry: Any, call: Call, attempt: Attempt) -> None:
        """Process an item that a limited sub-flow may give up meanwhile, which interrupts this worker."""
        attempt.workers.add(self)
        try:
            await self._process(entry, call)
        except asyncio.CancelledError:
            if not self._interrupted:
                raise
        finally:
            attempt.workers.discard(self)
            if self._interrupted:
                self._interrupted = False
                self.task.uncancel()

    async def returned(self, entry: Any, result: Any, began: float | None = None) -> None:
        """Hand the result of an item on."""
        if type(result) is Several:
            result = await self.spawn_all(entry, result)
        if result is SPENT:
            self.counter.done += 1
            self.counter.spent += self.job.next is not None
            self.tell(entry, "done", began, Came(None, self.job.next))
            self._close(entry, NOTHING)
        elif isinstance(result, LastWorkItem):
            self._last(entry, result, began)
        elif self.job.next is not None:
            await self._forward(entry, result, self.job.next, began)
        else:
            try:
                await self._room_for_result(entry)
            except BaseException:
                self.drop(self.job, [entry], self.channel.reason or "its worker was cancelled")
                raise
            self.counter.done += 1
            self.tell(entry, "done", began, Came(result))
            self._close(entry, result)

    async def _room_for_result(self, entry: Any) -> None:
        """Wait for the reader of a stream, whom results of one item after the other could outrun."""
        results = getattr(entry.ticket, "results", None) if isinstance(entry, Envelope) else None
        if results is not None:
            self.enter(WorkerState.BLOCKED)
            try:
                await results.wait_room()
            finally:
                self.enter(WorkerState.WORKING)

    async def spawn_all(self, entry: Any, values: list[Any]) -> Any:
        """Hand on several results of an item; return the LastWorkItem among them, or SPENT."""
        self.entry = entry
        try:
            for value in values:
                if type(value) is LastWorkItem:
                    return value
                await self.spawn(value)
        except BaseException:
            self.drop(self.job, [entry], self.channel.reason or "its worker was cancelled")
            raise
        return SPENT

    async def spawn(self, value: Any) -> None:
        """Hand on a value that the processor yielded: a new item, whose parent is the one at work."""
        entry, following = self.entry, self.job.next
        child: Any = value
        if isinstance(entry, Case):
            child = Case(None, value, entry.job, entry.failure, "done")
        elif self.run.observers.watched or isinstance(entry, Envelope):
            ticket = entry.ticket if isinstance(entry, Envelope) else None
            child = Envelope(value, None if ticket is None else ticket.child(), plain(entry))
        if self.log is not None:
            self.made.append((None if following is None else following.name, id(value)))
        if following is not None:
            self.counter.spawned += 1
            await self._push(following, child)
        else:
            await self._room_for_result(child)
            self.counter.spawned += 1
            self.announce(child, "done", None)
            finish(child, "done", value)
        if not self.counter.spawned & 255:  # as after a turn: a generator may never wait
            await asyncio.sleep(0)

    async def raised(self, entry: Any, error: BaseException, began: float | None = None) -> None:
        """Settle an item whose processor raised.

        Raises:
            BaseException: `error` itself, when it ends the worker and not just the item.
        """
        if self._interrupted and isinstance(error, asyncio.CancelledError):
            self.drop(self.job, [entry], TIMED_OUT)
            return
        if self.ends_worker(error):
            self.drop(self.job, [entry], self.channel.reason or "its worker was cancelled")
            raise error
        error = signal_in(error)
        if isinstance(error, StopProcessing):
            self.counter.skipped += 1
            self.tell(entry, "skipped", began)
            self._close(entry, error, "skipped")
            return
        outcome: Outcome = "rerouted" if isinstance(error, RouteToErrorQueue) else "failed"
        if outcome == "failed" and not self.is_left_behind and self.job.retry(entry, error):
            self._waits = True
            return
        item = plain(entry)
        repeat = partial(self.job.call_alone, self.processor, item)
        await self.fails(entry, Failure(self.job.name, item, 0, error, _repeat=repeat), outcome, began)

    async def fails(self, entry: Any, failure: Failure, outcome: Outcome, began: float | None) -> None:
        """Settle an item that failed or is rerouted: hand it to the error job, where there is one."""
        if isinstance(entry, Case):
            self._fails_again(entry, failure, began)
            return
        if outcome == "failed":
            self.counter.failed += 1
        self.tell(entry, outcome, began, Came(plain(entry), self.job.errors, failure.exception))
        case = Case(entry, plain(entry), self.job, failure, outcome)
        errors, run = self.job.errors, self.run
        if errors is not None:
            if outcome == "failed":
                run.keep(failure)
            await self._push(errors, case)
            return
        if outcome == "rerouted":
            self.counter.rerouted += 1
        if self.job.scoped:  # the job in front of the sub-flow reports it
            finish(case, outcome, failure)
            return
        log_failure(failure, first=run.keep(failure))
        finish(case, outcome, failure.exception)
        self._release_frames(entry, failure)

    def _fails_again(self, case: Case, failure: Failure, began: float | None) -> None:
        """The error job failed on an item itself: it has failed, whatever brought it there."""
        self.counter.failed += 1
        self.tell(case, "failed", began, Came(error=failure.exception))
        if case.outcome == "rerouted" and not self.is_left_behind:
            case.job.counter.failed += 1
        if self.job.scoped:  # the job in front of the sub-flow tries it again, or reports it
            finish(case, "failed", failure)
        else:
            log_failure(failure, first=self.run.keep(failure))
            finish(case, "failed", failure.exception)
            self._release_frames(case, failure)
        if failure.exception is not case.failure.exception:  # else the error job has raised it again
            self.run.release_frames(case.failure)

    def _close(self, entry: Any, value: Any, outcome: Outcome = "done") -> None:
        """Tell the ticket how an item ended; a case ends as what brought it to the error job."""
        if not isinstance(entry, Case):
            finish(entry, outcome, value)
            return
        if entry.outcome == "rerouted" and not self.is_left_behind:
            entry.job.counter.rerouted += 1
        if entry.job.scoped or entry.outcome == "rerouted":  # it was dealt with, and there is nothing more to tell
            finish(entry, entry.outcome, None)
            self.run.release_frames(entry.failure)
        else:
            finish(entry, entry.outcome, entry.failure.exception)
            self._release_frames(entry, entry.failure)

    def _release_frames(self, entry: Any, failure: Failure) -> None:
        if attempt_of(entry) is None:  # else the caller that follows the item gets the exception
            self.run.release_frames(failure)

    def drop(self, job: RunningJob, entries: Sequence[Any], reason: str) -> None:
        """Have entries counted that `job` will not process."""
        if not self.is_left_behind:
            job.drop(entries, reason)

    def ends_worker(self, error: BaseException) -> bool:
        """Whether `error` is meant for the task; a CancelledError of anything else is the item's failure."""
        if isinstance(error, asyncio.CancelledError):
            return self.task.is_cancelled_now
        return isinstance(error, KeyboardInterrupt | GeneratorExit)

    def _last(self, entry: Any, last: LastWorkItem, began: float | None = None) -> None:
        self.counter.last += 1
        self.tell(entry, "done", began)
        if not self.job.scoped:
            self._close(entry, NOTHING)
            self.run.cut(self.job, last, taken=False)
        elif isinstance(entry, Case):  # it ends as what brought it to the error job
            entry.end_with(last)
            self._close(entry, NOTHING)
        else:  # the job in front of the sub-flow ends the flow
            finish(entry, "done", last)

    async def _forward(self, entry: Any, result: Any, following: RunningJob, began: float | None = None) -> None:
        self.counter.done += 1
        self.tell(entry, "done", began, Came(result, following))
        await self._push(following, entry.carry(result) if isinstance(entry, Envelope) else result)

    async def _push(self, job: RunningJob, entry: Any) -> None:
        """Put an entry into another job's queue, or drop it there when that takes nothing more."""
        if self.is_left_behind:
            return
        channel = job.input
        if isinstance(entry, Special):
            channel.mix()
        if len(channel.buffer) < channel.full or channel.room:
            channel.append(entry)
            return
        self.enter(WorkerState.BLOCKED)
        try:
            await self._wait_room(channel)
        except BaseException:
            self.drop(job, [entry], self.channel.reason or "its worker was cancelled")
            raise
        finally:
            self.enter(WorkerState.WORKING)
        if channel.closed:
            self.drop(job, [entry], channel.reason)
            await self.breathe()  # a generator that never waits would drop all that it yields before it is cancelled
        else:
            channel.append(entry)

    async def _wait_room(self, channel: Channel) -> None:
        first = True
        while not channel.closed:
            try:
                await channel.invitation(first=first)
            except asyncio.CancelledError as error:
                if not self.is_stray(error):
                    raise
            if channel.room:
                return
            first = False
