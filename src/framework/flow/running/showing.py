"""What a flow shows of itself: its graph, the snapshots of its jobs, what keeps it from being finished, evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Protocol

from framework.flow.findings.evidence import FlowEvidence, JobEvidence
from framework.flow.jobs.job import idle_snapshot, node_of
from framework.flow.workers.worker_task import WorkerState
from framework.observe import Edge, Graph, NodeSnapshot
from framework.observe.user_code import waits_at

if TYPE_CHECKING:
    from framework.flow.capacity import Capacity
    from framework.flow.jobs.stages import Layout, Stage
    from framework.flow.report import FlowReport
    from framework.flow.running.intake import ItemIntake
    from framework.flow.running.job_run import JobRun
    from framework.observe.recording.items.item_history import ItemHistory

Runs = Mapping[str, "JobRun"]


class InspectedRun(Protocol):
    """A run that can be asked what it waits for."""

    jobs: Runs
    intake: ItemIntake
    closing: bool

    @property
    def is_over(self) -> bool:
        """Whether its report is made."""

    @property
    def is_started(self) -> bool:
        """Whether all first workers are there."""

    @property
    def taken(self) -> int:
        """Items accepted from outside so far."""


def graph_of(name: str, layout: Layout | None, runs: Runs) -> Graph:
    """Return the jobs of a flow and the ways between them, observed where a run has used them."""
    stages = () if layout is None else layout.stages
    nodes = [node_of(stage.name, stage.job, _capacity(stage, runs)) for stage in stages]
    ways = [edge for stage in stages for edge in _ways(stage, runs)]
    errors = [
        Edge(stage.name, stage.errors.name, "errors", observed=_did(stage, runs, "reported"))
        for stage in stages
        if stage.errors is not None
    ]
    return Graph(name, tuple(nodes), (*ways, *errors))


def _ways(stage: Stage, runs: Runs) -> Iterator[Edge]:
    if stage.arms:
        for label, arm in stage.arms.items():
            yield Edge(stage.name, arm.name, "next", observed=_took(arm, runs), label=str(label))
        return
    following = stage.next
    if stage.entrance is not None:
        following = stage.entrance
    elif stage.next is None and stage.gate is not None:
        following = stage.gate.next
    if following is not None:
        yield Edge(stage.name, following.name, "next", observed=_did(stage, runs, "handed_on"))


def snapshot_of(layout: Layout | None, runs: Runs) -> dict[str, NodeSnapshot]:
    """Return each job as it is now, or as it would start."""
    stages = () if layout is None else layout.stages
    return {
        stage.name: runs[stage.name].snapshot() if stage.name in runs else idle_snapshot(stage.name, stage.job.capacity)
        for stage in stages
    }


def _capacity(stage: Stage, runs: Runs) -> Capacity:
    return runs[stage.name].capacity if stage.name in runs else stage.job.capacity


def _did(stage: Stage, runs: Runs, what: str) -> bool:
    return stage.name in runs and getattr(runs[stage.name], what) > 0


def _took(stage: Stage, runs: Runs) -> bool:
    return stage.name in runs and runs[stage.name].counter.finished > 0


def why_waiting(run: InspectedRun) -> str:
    """Return a line for each thing that keeps a run from being finished; empty when it is over."""
    if run.is_over:
        return ""
    lines = [line for job in run.jobs.values() for line in _of_job(job)]
    intake = run.intake
    sources = len(intake.feeders)
    producers = intake.feeds - sources
    if not run.is_started:
        lines.append("the run is starting: resources are being entered and processors made")
    elif run.closing:
        lines.append("the run is ending: processors and resources are being released")
    elif sources:
        lines.append("the source has more items")
    if producers > 0 and run.is_started and not run.closing:
        lines.append(f"{_count(producers, 'producer')} may put more: feeding() was entered and not left")
    if not lines and not intake.is_driven:
        lines.append("it is idle and not being run: await flow.run() ends it")
    elif not lines and not (intake.was_fed or run.taken):
        lines.append("nothing was put yet: run() without a source waits for a first item, await flow.put(item)")
    elif not lines:
        lines.append("nothing: it is about to end")
    return "\n".join(lines)


def _of_job(job: JobRun) -> Iterator[str]:
    parts = [*_of_workers(job), *_of_items(job)]
    if parts:
        yield f"{job.name}: {'; '.join(parts)}"


def _of_workers(job: JobRun) -> Iterator[str]:
    workers = tuple(job.all_workers.copy())
    states = [worker.state for worker in workers]
    held = 0 if job.pace is None else job.pace.waiting
    blocked = states.count(WorkerState.BLOCKED) - held
    if working := [worker for worker in workers if worker.state == WorkerState.WORKING]:
        longest = min(working, key=lambda worker: worker.since)
        at = waits_at(longest.task.get_coro())
        since = max(0.0, job.clock.now() - longest.since)
        yield f"{len(working)} working, the longest for {since:,.1f} s{f' at {at}' if at else ''}"
    if locked := states.count(WorkerState.LOCKED):
        yield f"{locked} waiting for the lock"
    if held:
        yield f"{held} waiting for the rate of {job.limits.rate:g} per second"
    if blocked > 0:
        full = "" if job.output is None else f", the queue of {job.output.name} holds {job.output.waiting}"
        yield f"{blocked} waiting for room downstream{full}"
    if opening := states.count(WorkerState.OPENING):
        yield f"{opening} being made"
    if ending := states.count(WorkerState.ENDING):
        yield f"{ending} being released"


def _of_items(job: JobRun) -> Iterator[str]:
    channel = job.input
    if channel.paused:
        yield "paused: flow.resume()"
    if channel.waiting:
        full = " (full)" if channel.waiting >= channel.bound else ""
        yield f"{_count(channel.waiting, 'item')} queued{full}"
    if channel.deferred:
        yield f"{channel.deferred} of them behind another item of the same key"
    if job.retrying:
        yield f"{_count(len(job.retrying), 'item')} waiting for another attempt"
    if channel.putting:
        yield f"{_count(channel.putting, 'put')} waiting for room"
    if job.collecting is not None and job.collecting.lingering is not None:
        yield "a batch waiting for more items"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def evidence_of(jobs: Mapping[str, JobRun], report: FlowReport, history: ItemHistory | None) -> FlowEvidence:
    """Return the evidence about these jobs, whose report that is."""
    empty = {} if history is None else history.empty()
    return FlowEvidence(report, {job.name: _evidence_of(job, empty.get(job.name, 0)) for job in jobs.values()})


def _evidence_of(job: JobRun, empty: int) -> JobEvidence:
    now = job.clock.now()
    locked = [now - worker.since for worker in job.all_workers.copy() if worker.state == WorkerState.LOCKED]
    declared = job.declared
    return JobEvidence(
        report=job.report(),
        node=job.snapshot(),
        where=declared.where,
        added=declared.added,
        following=None if job.next is None else job.next.name,
        errors=None if job.errors is None else job.errors.name,
        limits=job.limits.shown(),
        arms=tuple(map(str, declared.arms)),
        scoped=job.scoped,
        is_error=job.is_error,
        paused=job.input.paused,
        answered_last=job.counter.last > 0,
        retry_cause=job.counter.retry_cause,
        locked_for=min(locked, default=None),
        empty=empty,
    )
