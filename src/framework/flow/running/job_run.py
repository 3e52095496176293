"""`JobRun`: one run of a job: its queue, its workers, its counts."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from framework.flow.jobs.batching import results_of
from framework.flow.jobs.limits import Alone, Pace, Prepared
from framework.flow.jobs.processors import Call, as_call, is_async_generator, is_generator, takes_resource
from framework.flow.queues.channel import Channel
from framework.flow.queues.envelope import Case, Envelope, finish, plain
from framework.flow.queues.lanes import Lanes
from framework.flow.report import ItemCounter
from framework.flow.running.job_figures import JobFigures
from framework.flow.running.scaler import Scaler
from framework.flow.signals import LastWorkItem
from framework.flow.workers.batch_worker import BatchWorker, Collecting
from framework.flow.workers.recorded_worker import RecordedWorker
from framework.flow.workers.worker import FlowWorker
from framework.flow.workers.worker_task import WorkerState
from framework.observe import ItemFinished, WorkersScaled
from framework.observe.recording.items.kept_item import kept
from framework.observe.reports import drop_frames
from framework.observe.text import error_line, short_repr
from framework.observe.user_code import line_of

if TYPE_CHECKING:
    from framework.flow.capacity import Capacity
    from framework.flow.clock import Clock, Timer
    from framework.flow.jobs.stages import Stage
    from framework.flow.workers.run_context import RunContext

logger = logging.getLogger(__name__)


class FirstItem:
    """Waits for an item in the place of a worker, while a job has none."""

    __slots__ = ("_job", "waiter")

    def __init__(self, job: JobRun) -> None:
        self.waiter: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._job = job
        self.waiter.add_done_callback(self._came)

    def _came(self, waiter: asyncio.Future[bool]) -> None:
        if not waiter.cancelled():
            self._job.start_first_worker()


class JobRun(JobFigures):
    """One job during one run; a `FlowRun` makes it and links it to the others."""

    next: JobRun | None = None
    errors: JobRun | None = None

    def __init__(self, stage: Stage, context: RunContext, clock: Clock) -> None:
        job = self.declared = stage.job
        self.name = stage.name
        self.source = job.source
        self.limits = job.limits
        self.context = context
        self.clock = clock
        self.scoped = stage.scoped
        self.is_error = stage.is_error
        self.capacity = job.check()
        self.counter = ItemCounter()
        self.seconds = [0.0] * WorkerState.COUNT
        self.workers: set[FlowWorker] = set()
        self.all_workers: set[FlowWorker] = set()  # those, and the retired that still release their processors
        self.pace = None if self.limits.rate is None else Pace(self.limits.rate, clock)
        self.input = Channel(self.name)
        self.lanes = None if self.limits.key is None else Lanes(self.limits.key, self.input)
        self.collecting = None if self.limits.batch is None else Collecting(self.input)
        self.retrying: dict[Envelope, Timer] = {}
        self.is_open = self.started = False
        self._executor = job.executor
        self._known: tuple[Any, Call, bool] | None = None
        self.serving = 0  # workers that have a processor
        self._first_item: FirstItem | None = None
        self._scaler = Scaler(self, stage.strategy, context)

    @property
    def output(self) -> Channel | None:
        """The queue that its results go to."""
        return None if self.next is None else self.next.input

    # -- its life

    def open(self) -> None:
        """Start the first workers; what they share was entered."""
        self.is_open = True
        for _ in range(self.capacity.initial_workers):
            self._add_worker()
        self.await_first_item()

    async def ready(self) -> None:
        """Wait until the workers that were started have their processors; raises what a factory raised."""
        for worker in list(self.all_workers):
            await asyncio.wait({worker.task, worker.ready}, return_when=asyncio.FIRST_COMPLETED)
            if worker.task.done():
                worker.task.result()
        self.started = True

    def begin_scaling(self) -> None:
        """Take samples from now on."""
        self._scaler.start()
        self.fit("configured")

    def close(self, reason: str, cause: BaseException | None = None) -> None:
        """Take nothing more and drop what waits; work in flight is not touched, nor what waits for another attempt."""
        self.input.close(reason, cause)
        thrown = [] if self.lanes is None else self.lanes.clear()
        thrown += self.input.clear()
        self.drop(thrown, reason)
        if self.lanes is not None:
            for entry in thrown:
                self.lanes.release(entry)

    def end(self) -> None:
        """Stop scaling and trying again: the run ends."""
        self._scaler.stop()
        for timer in self.retrying.values():
            timer.cancel()
        self.drop(self.retrying, self.input.reason)
        self.retrying.clear()
        self._take_back_first_item()

    def retire_workers(self) -> None:
        """Let the workers end: those that are idle now, others when they become it."""
        for worker in self.all_workers:
            worker.retire()
        while self.input.retire(self.all_workers) is not None:
            pass

    def prepare(self, processor: Any, worker: Any) -> Prepared:
        """Put the limits of the job around a worker's processor; raises FlowError."""
        if self._known is None or self._known[0] is not processor:  # looked at once where all workers share it
            arguments = 2 if self.limits.lock is not None and takes_resource(processor) else 1
            self._known = processor, as_call(processor, self._executor, arguments), is_async_generator(processor)
        _, call, generates = self._known
        prepared = self.limits.around(processor, call, worker, self.clock, self.pace, generates=generates)
        if self._executor is None or not is_generator(processor):
            return prepared
        return prepared._replace(is_plain=False)  # several results of one item

    def call_alone(self, processor: Any, item: Any) -> Any:
        """Process one item outside of any worker; returns something to await."""
        call = self.prepare(processor, Alone()).call
        return call(item) if self.limits.batch is None else self._only(call([item]))

    async def _only(self, call: Any) -> Any:
        [result] = results_of(await call, 1, self.name)
        if isinstance(result, BaseException):
            raise result
        return result

    # -- its workers

    @property
    def is_resting(self) -> bool:
        """Whether all workers that have a processor wait for an item; those that only open do not keep a flow open."""
        return self.input.idle == self.serving

    @property
    def is_quiet(self) -> bool:
        """Whether nothing waits, runs, or is about to be put."""
        return not self.input.length and self.is_resting and self._waits_for_nothing

    @property
    def _waits_for_nothing(self) -> bool:
        return not self.input.putting and not self.retrying

    @property
    def only_lingers(self) -> bool:
        """Whether all that it does is to wait for more items of a batch."""
        lingering = self.collecting is not None and self.collecting.lingering is not None
        return lingering and not self.input.length and self.input.idle == self.serving - 1 and self._waits_for_nothing

    def resize(self, target: int, reason: str) -> None:
        """Go towards `target` workers; those that have something to do are not sent away."""
        before = len(self.workers)
        for _ in range(target - before):
            if not self.context.closing:
                self._add_worker()
        for _ in range(before - target):
            retired = self.input.retire(self.workers)
            if retired is None:
                break
            self._discard(retired)
        self.await_first_item()
        if len(self.workers) != before:
            self.context.scaled(WorkersScaled(self.name, before, len(self.workers), reason, self.clock.now()))

    def configure(self, capacity: Capacity) -> None:
        """Follow another capacity from now on: workers beyond it end after the items that they are at."""
        self.capacity = capacity
        self.input.rebound(capacity.queue_length)
        if not self.started:
            return  # `begin_scaling` follows it
        self._scaler.restart()
        self.fit("configured")

    def fit(self, why: str) -> None:
        """Bring the number of workers into the range of its capacity."""
        capacity, count = self.capacity, len(self.workers)
        if count < capacity.min_workers:
            self.resize(capacity.min_workers, f"{count}->{capacity.min_workers}: {why}")
        elif count > capacity.max_workers:
            self.resize(capacity.max_workers, f"{count}->{capacity.max_workers}: {why}")
            surplus = sorted(self.workers, key=lambda worker: worker.state)[: len(self.workers) - capacity.max_workers]
            for worker in surplus:
                worker.retire()

    def start_first_worker(self) -> None:
        """An item waits and there is no worker: start one."""
        self._first_item = None
        self.input.call_another()
        self.await_first_item()

    def make_worker(self) -> FlowWorker:
        """Return a new worker of the kind that this job needs."""
        if self.limits.batch is None or self.collecting is None:
            return FlowWorker(self) if self.context.log is None else RecordedWorker(self)
        return BatchWorker(self, self.limits.batch, self.collecting)

    def _add_worker(self) -> None:
        worker = self.make_worker()
        self.workers.add(worker)
        self.all_workers.add(worker)
        worker.start()
        worker.task.add_done_callback(lambda task: self._left(worker, task))

    def _discard(self, worker: Any) -> None:
        if worker in self.workers:
            self.workers.remove(worker)
            self.serving -= worker.state != WorkerState.OPENING

    def opened(self) -> None:
        """One of its workers has its processor."""
        self.serving += 1

    def _left(self, worker: FlowWorker, task: asyncio.Task[None]) -> None:
        self._discard(worker)
        self.all_workers.discard(worker)
        error: BaseException | None = asyncio.CancelledError() if task.cancelled() else task.exception()
        unopened = worker.state == WorkerState.OPENING
        worker.enter(WorkerState.ENDING)
        if error is not None:
            if unopened and self.started:
                self._not_made(error, task)
            elif self.context.closing or not self.started:
                if not task.cancelled():
                    self.context.fail(error)
            elif worker.error is not None:
                self._died(error)
            else:
                self._not_released(error)
        if not self.context.closing:
            self.await_first_item()
        self.context.settle()

    def _not_made(self, error: BaseException, task: asyncio.Task[None]) -> None:
        if self.context.closing:
            if task.cancelled():
                return
            then = "before the end"  # it has held no item, so nothing is lost with it
        elif not self.workers and (self.capacity.min_workers or self.input.length or self.retrying):
            self.context.fail(error)  # a job without a worker would never go on
            return
        else:
            then = "and is tried again later"
            self._scaler.make_again()
        problem = f"a worker of {self.name} could not be made {then}: {error_line(error)}"
        logger.error("%s: %s", self.context.name, problem, exc_info=error)
        self.context.note(problem)

    def _not_released(self, error: BaseException) -> None:
        problem = f"the release of a retired worker of {self.name} failed: {error_line(error)}"
        logger.error("%s: %s", self.context.name, problem, exc_info=error)
        self.context.note(problem)

    def _died(self, error: BaseException) -> None:
        problem = f"a worker of {self.name} was ended from outside and is replaced: {error_line(error)}"
        logger.warning("%s: %s", self.context.name, problem)
        self.context.note(problem)
        if len(self.workers) < self.capacity.max_workers:
            self._add_worker()

    def await_first_item(self) -> None:
        """Without a worker, start one when an item comes."""
        if not self.is_open:
            return
        if self.workers:
            self._take_back_first_item()
        elif self.input.buffer:
            self.resize(1, "0->1: an item waits")
        elif self._first_item is None and not (self.input.closed and not self.retrying):
            self._first_item = FirstItem(self)
            self.input.await_item(self._first_item)

    def _take_back_first_item(self) -> None:
        if self._first_item is not None:
            if self._first_item in self.input.parked:
                self.input.parked.remove(self._first_item)
            self._first_item.waiter.cancel()
            self._first_item = None

    # -- its items

    def route(self, label: Any) -> JobRun | None:  # noqa: ARG002 - a router's run looks at it
        """Return the arm of a router for that label."""
        return None

    def retry(self, entry: Any, error: BaseException) -> bool:
        """Let a failed item wait for its next attempt, if it has one; it holds no worker meanwhile."""
        policy = self.limits.retry
        if policy is None or not isinstance(error, Exception):
            return False
        attempt = entry.attempt if isinstance(entry, Envelope) else 1
        try:
            delay = policy._delay(attempt, error)
        except Exception as broken:  # noqa: BLE001 - the function of the user
            error.add_note(f"and how long to wait for another attempt cannot be told: {error_line(broken)}")
            return False
        if delay is None or self.context.closing:
            return False
        logger.debug(
            "%s: attempt %d of %d failed (%s), the next in %g s: %s",
            self.name, attempt, policy.attempts, error_line(error), delay, short_repr(plain(entry)),
        )  # fmt: skip
        if self.counter.retry_cause is None:
            self.counter.retry_cause = error_line(error), line_of(error)
        drop_frames(error)  # nothing looks at them any more, and they are in cycles with the locals of the processor
        self.counter.retried += 1
        self.counter.retry_seconds += delay
        waiting = entry.again() if isinstance(entry, Envelope) else Envelope(entry, attempt=2)
        if delay:
            self.retrying[waiting] = self.clock.call_later(delay, lambda: self._try_again(waiting))
        else:
            self._put_back(waiting)
        return True

    def _try_again(self, entry: Envelope) -> None:
        if self.retrying.pop(entry, None) is not None:
            self._put_back(entry)
            self.await_first_item()

    def _put_back(self, entry: Envelope) -> None:
        self.input.give_back(1)
        self.input.put_back(entry)

    def drop(self, entries: Iterable[Any], reason: str = "") -> None:
        """Count entries that will not be processed."""
        for entry in tuple(entries):
            if isinstance(entry, LastWorkItem):
                continue
            self.counter.dropped += 1
            self.counter.reasons[reason] += 1
            if isinstance(entry, Case) and entry.outcome == "rerouted":
                entry.job.counter.dropped += 1  # a failed one has been counted there
                entry.job.counter.reasons[reason] += 1
            finish(entry, "dropped", reason)
            if (log := self.context.log) is not None:
                now, item = self.clock.now(), plain(entry)
                log.write((now, self.name, "dropped", id(item), kept(item), None, None, 0.0, (1, reason, ())))
            if self.context.observers.watched:
                now = self.clock.now()
                dropped = ItemFinished(self.name, plain(entry), "dropped", now, 0.0, reason=reason)
                self.context.observers.notify(dropped)
