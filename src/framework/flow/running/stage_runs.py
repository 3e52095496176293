"""Runs of the jobs that stand for others: `RouterRun` of a router, `GateRun` in front of a sub-flow with limits."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

from framework.errors import FlowError
from framework.flow.jobs.limits import Prepared
from framework.flow.queues.envelope import Attempt, Envelope, ItemEnding, plain
from framework.flow.running.job_run import JobRun
from framework.flow.signals import NOTHING, LastWorkItem, Several
from framework.flow.workers.failures import CURRENT
from framework.flow.workers.worker import FlowWorker
from framework.observe import Failure

if TYPE_CHECKING:
    from collections.abc import Hashable

    from framework.flow.clock import Clock
    from framework.flow.jobs.stages import Stage
    from framework.flow.workers.run_context import RunContext
    from framework.observe.happenings import Outcome


WORST: tuple[Outcome, ...] = ("dropped", "rerouted", "failed")
"""Ends of what a sub-flow made of an item that are the end of that item as well; the last goes before the others."""


class RouterWorker(FlowWorker):
    """Its processor returns labels; the items go to the arms."""

    __slots__ = ()

    async def returned(self, entry: Any, result: Any, began: float | None = None) -> None:
        """Hand the item to the arm of its label."""
        if isinstance(result, LastWorkItem):
            await super().returned(entry, result, began)
            return
        try:
            arm = self.job.route(result)
        except FlowError as error:
            await self.raised(entry, error, began)
            return
        if arm is None:
            self.drop(self.job, [entry], f"no arm of {self.job.name} for {result!r}")
        else:
            await self._forward(entry, plain(entry), arm, began)


class RouterRun(JobRun):
    """One run of a router: classifies items; its arms are jobs of their own."""

    def __init__(self, stage: Stage, context: RunContext, clock: Clock) -> None:
        super().__init__(stage, context, clock)
        router = stage.job.router
        self._default = None if router is None else router.default
        self.arms: dict[Hashable, JobRun] = {}

    def make_worker(self) -> FlowWorker:
        """Return a worker that hands items to arms."""
        return RouterWorker(self)

    def prepare(self, processor: Any, worker: Any) -> Prepared:
        """Put the limits around the classifier; no worker may take the fast path, which knows one way only."""
        return super().prepare(processor, worker)._replace(is_plain=False)

    def route(self, label: Any) -> JobRun | None:
        """Return the arm for that label, or the default; None where there is neither; raises FlowError."""
        try:
            arm = self.arms.get(label)
        except TypeError as error:
            known = ", ".join(map(str, self.arms))
            raise FlowError(f"the label {label!r} has no hash: return one of {known}") from error
        return self.arms.get(self._default) if arm is None and self._default is not None else arm


def _badness(ending: ItemEnding) -> tuple[int, bool]:
    """Order endings: by outcome, and one that an error job has dealt with before one that is still to be dealt with."""
    is_bad = ending.outcome in WORST
    return WORST.index(ending.outcome) + 1 if is_bad else 0, is_bad and isinstance(ending.value, Failure)


class GateWorker(FlowWorker):
    """Follows one item through all jobs of a sub-flow."""

    __slots__ = ()

    async def returned(self, entry: Any, result: Any, began: float | None = None) -> None:
        """Settle an item as the sub-flow has."""
        if not isinstance(result, Attempt):
            await super().returned(entry, result, began)
            return
        endings = list(result.endings())
        worst = max(endings, key=_badness)
        outcome, error = worst.outcome, worst.value
        if outcome == "failed" and isinstance(error, Failure) and self.job.retry(entry, error.exception):
            self._waits = True
            return
        last = next((e.value for e in endings if isinstance(e.value, LastWorkItem)), None)
        values = [ending.value for ending in endings if ending.has_result]
        if len(values) == 1 and len(endings) == 1:
            await super().returned(entry, values[0], began)
        elif outcome in WORST or (outcome == "skipped" and last is None):
            await self.spawn_all(entry, values)
            if last is not None and self.job.scoped:  # the job in front of that sub-flow ends the flow
                entry.end_with(last)
            elif last is not None:
                self.run.cut(self.job, last, taken=False)
            await self._settle(entry, outcome, worst.value, began)
        elif last is not None:
            await super().returned(entry, Several([*values, last]) if values else last, began)
        else:
            await super().returned(entry, Several(values), began)

    async def _settle(self, entry: Any, outcome: Outcome, value: Any, began: float | None) -> None:
        if outcome == "dropped":
            self.drop(self.job, [entry], value or self.channel.reason)
        elif outcome == "skipped":
            self.counter.skipped += 1
            self.tell(entry, outcome, began)
            self._close(entry, NOTHING, outcome)
        elif isinstance(value, Failure):
            await self.fails(entry, value, outcome, began)
        else:  # the error job of the sub-flow has dealt with it
            self.counter.failed += outcome == "failed"
            self.counter.rerouted += outcome == "rerouted"
            self.tell(entry, outcome, began)
            self._close(entry, None, outcome)


class GateRun(JobRun):
    """One run of the job in front of a sub-flow with limits: timeout, retry, rate, lock or capacity."""

    entrance: JobRun

    def make_worker(self) -> FlowWorker:
        """Return a worker that follows items."""
        return GateWorker(self)

    def prepare(self, processor: Any, worker: Any) -> Prepared:  # noqa: ARG002 - the sub-flow is the processor
        """Put the limits around the way through the sub-flow."""
        through = partial(self._through, worker)
        return self.limits.around(None, through, worker, self.clock, self.pace)._replace(is_plain=False)

    def call_alone(self, processor: Any, item: Any) -> Any:  # noqa: ARG002 - as above
        """Refuse: what it calls are jobs of a run.

        Raises:
            LookupError: always.
        """
        raise LookupError(f"{self.name} is made of several jobs: put the item into the flow again, flow.run([item])")

    async def _through(self, worker: Any, item: Any) -> Attempt:
        if self.context.log is not None and isinstance(worker, FlowWorker):
            worker.made.append((self.entrance.name, id(item)))
        attempt = Attempt(asyncio.get_running_loop(), CURRENT.get())
        self.context.follow(attempt)
        entry = Envelope(item, attempt)
        channel = self.entrance.input
        channel.mix()
        entered = False
        try:
            if not channel.room and not await channel.wait_room():
                self.entrance.drop([entry], channel.reason)
                return attempt
            channel.append(entry)
            entered = True
            await asyncio.wait({attempt.over})
        except asyncio.CancelledError:
            attempt.abandon()
            if entered:
                await _until_over(attempt)
            raise
        return attempt


async def _until_over(attempt: Attempt) -> None:
    """Wait until nothing works on an attempt any more; the next must not begin before."""
    again = False
    while not attempt.over.done():
        try:
            await asyncio.wait({attempt.over})
        except asyncio.CancelledError:
            again = True
    if again:
        raise asyncio.CancelledError


def run_of(stage: Stage, context: RunContext, clock: Clock) -> JobRun:
    """Return the run of a stage that fits its kind."""
    if stage.entrance is not None:
        return GateRun(stage, context, clock)
    return RouterRun(stage, context, clock) if stage.arms else JobRun(stage, context, clock)
