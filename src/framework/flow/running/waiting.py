"""What keeps a run from being finished, in words: `why_waiting`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from framework.flow.workers.worker_task import WorkerState

if TYPE_CHECKING:
    from framework.flow.running.job_run import JobRun
    from framework.flow.running.run import FlowRun


def why_waiting(run: FlowRun) -> str:
    """Return a line for each thing that keeps a run from being finished; empty when it is over."""
    if run.is_over:
        return ""
    lines = [line for job in run.jobs.values() for line in _of_job(job)]
    intake = run.intake
    sources = len(intake.feeders)
    producers = intake.feeds - sources
    if run.closing:
        lines.append("the run is ending: processors and resources are being released")
    elif sources:
        lines.append("the source has more items")
    if producers > 0 and not run.closing:
        lines.append(f"{_count(producers, 'producer')} may put more: feeding() was entered and not left")
    if not lines and not intake.is_driven:
        lines.append("it is idle and not being run: await flow.run() ends it")
    elif not lines and not (intake.was_fed or run.taken):
        lines.append("nothing was put yet: run() without a source waits for a first item, await flow.put(item)")
    return "\n".join(lines)


def _of_job(job: JobRun) -> Iterator[str]:
    parts = [*_of_workers(job), *_of_items(job)]
    if parts:
        yield f"{job.name}: {'; '.join(parts)}"


def _of_workers(job: JobRun) -> Iterator[str]:
    workers = tuple(job.staff)
    states = [worker.state for worker in workers]
    held = 0 if job.pace is None else job.pace.waiting
    blocked = states.count(WorkerState.BLOCKED) - held
    if since := [worker.since for worker in workers if worker.state is WorkerState.WORKING]:
        yield f"{len(since)} working, the longest for {max(0.0, job.clock.now() - min(since)):,.1f} s"
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
        yield f"{_count(channel.waiting, 'item')} queued"
    if channel.aside:
        yield f"{channel.aside} of them behind another item of the same key"
    if job.retrying:
        yield f"{_count(len(job.retrying), 'item')} waiting for another attempt"
    if channel.putting:
        yield f"{_count(channel.putting, 'put')} waiting for room"
    if job.collecting is not None and job.collecting.is_lingering:
        yield "a batch waiting for more items"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
