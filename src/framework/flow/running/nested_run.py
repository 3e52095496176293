"""`NestedRun`: what a nested flow sees of the outer run that its jobs are part of."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from framework.errors import LifecycleError
from framework.flow.report import FlowReport, counts_of, reasons_of
from framework.flow.running.record import findings_of
from framework.observe import Failures, ItemFinished, Observers, RunFinished, WorkersScaled

if TYPE_CHECKING:
    from framework.flow.jobs.stages import Section, Stage
    from framework.flow.running.job_run import JobRun
    from framework.flow.running.run import FlowRun


class NestedRun:
    """The jobs that a nested flow brought into an outer run."""

    def __init__(self, section: Section, outer: FlowRun) -> None:
        self.outer = outer
        self.clock = outer.clock
        self.prefix = section.prefix
        self._section = section
        self._forwards = False

    @property
    def is_over(self) -> bool:
        """Whether the outer run has ended."""
        return self.outer.is_over

    @property
    def entrance(self) -> JobRun:
        """The job that takes what is put into the nested flow."""
        return self.outer.jobs[self._section.entrance.name]

    async def put(self, item: Any) -> None:
        """Put an item into the nested flow, through its limits.

        Raises:
            FlowEnded: the outer flow has ended.
            LifecycleError: the limits of a flow around it follow items from their start on.
        """
        door = self._section.door
        if door.scoped:
            name = self._section.flow.name
            raise LifecycleError(
                f"{name} is part of a sub-flow with limits: put items into that one, or the outer flow"
            )
        await self.outer.intake.put(item, self.outer.jobs[door.name].input)

    @property
    def jobs(self) -> dict[str, JobRun]:
        """Its jobs, by the names that they have in the nested flow."""
        return {self.short(stage): self.outer.jobs[stage.name] for stage in self._section.stages}

    def forward_to(self, observers: Observers) -> None:
        """Tell observers of the nested flow what happens in it, by the names that its jobs have there."""
        if self._forwards or self.is_over:
            return
        self._forwards = True

        def forward(happening: Any) -> None:
            match happening:
                case ItemFinished() | WorkersScaled() if happening.job.startswith(self.prefix):
                    observers.notify(replace(happening, job=happening.job.removeprefix(self.prefix)))
                case RunFinished(at=at):
                    subscription.close()
                    observers.notify(RunFinished(self.report_now(), at))

        subscription = self.outer.observers.attach(forward)
        self.outer.observed()

    def short(self, stage: Stage) -> str:
        """Return the name of a stage in the nested flow."""
        return stage.name.removeprefix(self.prefix)

    def report_now(self) -> FlowReport:
        """Return what came of its items so far; `taken` are those that its first job has dealt with."""
        outer, jobs = self.outer.report_now(), self.jobs
        handles = self._section.entrance.is_error
        gates = tuple(f"{stage.name}." for stage in self._section.stages if stage.entrance is not None)
        # What a gate inside of it follows through its jobs is counted at the gate.
        stages = [s for s in self._section.stages if s.is_error == handles and not s.name.startswith(gates)]
        inner = [(stage, self.outer.jobs[stage.name]) for stage in stages]
        counters = [job.counter for _, job in inner]
        taken = self.entrance.counter.finished + self.entrance.counter.dropped
        names = {job.name for job in jobs.values()}
        report = FlowReport(
            name=self._section.flow.name,
            counts=counts_of(taken, counters, [job.counter for stage, job in inner if self._leaves(stage)]),
            jobs={name: job.report() for name, job in jobs.items()},
            failures=Failures(failure for failure in outer.failures if failure.processor in names),
            scalings=tuple(scaled for scaled in outer.scalings if scaled.job in names),
            elapsed=outer.elapsed,
            ended=outer.ended,
            error=outer.error,
            cut_off=tuple(task for task in outer.cut_off if task.removeprefix(f"{outer.name}/") in names),
            problems=tuple(one for one in outer.problems if any(f"worker of {name} " in one for name in names)),
            waiting=outer.waiting,
            reasons=reasons_of(counters),
        )
        return replace(report, _diagnosis=partial(findings_of, jobs, report, self.outer.history))

    def _leaves(self, stage: Stage) -> bool:
        inside = set(self._section.stages)
        return not stage.arms and (stage.next is None or stage.next not in inside)
