"""The jobs of a flow with those of its sub-flows and routers, in a row: `laid_out`."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

from framework.flow.clock import Clock
from framework.flow.jobs.job import Job
from framework.flow.jobs.subflow import Chain, NestedFlow
from framework.flow.scaling import ScalingStrategy


@dataclass(eq=False)
class Stage:
    """One job in its place.

    Attributes:
        name: with the names of the flows and routers around it, as `dispatch.fast`.
        next: gets its results; None at the end.
        errors: gets its failures; None where they are kept.
        arms: those of a router, by label.
        entrance: the first job of the sub-flow that a gate stands in front of.
        gate: the gate whose sub-flow ends here.
        scoped: inside of a gate, which accounts for its items.
        is_error: handles failures.
    """

    name: str
    job: Job
    strategy: ScalingStrategy
    clock: Clock | None
    next: Stage | None = None
    errors: Stage | None = None
    arms: dict[Hashable, Stage] = field(default_factory=dict)
    entrance: Stage | None = None
    gate: Stage | None = None
    scoped: bool = False
    is_error: bool = False


@dataclass(frozen=True)
class Section:
    """The stages that a nested flow brought in; `door` takes what is put into that flow: the first, or its gate."""

    flow: NestedFlow
    prefix: str
    entrance: Stage
    stages: Sequence[Stage]
    door: Stage


@dataclass(frozen=True)
class Layout:
    """All stages of a flow, its error job last."""

    stages: Sequence[Stage]
    sections: Sequence[Section]
    entrance: Stage
    errors: Stage | None


def laid_out(chain: Chain) -> Layout:
    """Return the stages of a flow; raises LifecycleError."""
    planner = _LayoutBuilder()
    entrance, stages, errors = planner.chain(
        chain, _StagePlace("", None, None, scoped=False, is_error=False, gate=None)
    )
    return Layout(stages, planner.sections, entrance, errors)


@dataclass(frozen=True)
class _StagePlace:
    prefix: str
    following: Stage | None
    errors: Stage | None
    scoped: bool
    is_error: bool
    gate: Stage | None


class _LayoutBuilder:
    def __init__(self) -> None:
        self.sections: list[Section] = []

    def chain(self, chain: Chain, place: _StagePlace) -> tuple[Stage, list[Stage], Stage | None]:
        errors, own = place.errors, None
        last: list[Stage] = []
        if chain.error is not None:
            handling = _StagePlace(place.prefix, None, None, scoped=place.scoped, is_error=True, gate=None)
            own, last = self.job(chain.error, chain, handling)
            errors = own
        following, stages = place.following, list[Stage]()
        for job in reversed(chain.jobs):
            here = _StagePlace(
                place.prefix,
                following,
                errors,
                scoped=place.scoped,
                is_error=place.is_error,
                gate=place.gate if following is None else None,
            )
            following, made = self.job(job, chain, here)
            stages[:0] = made
        assert following is not None  # noqa: S101 - a chain has jobs
        return following, [*stages, *last], own

    def job(self, job: Job, chain: Chain, place: _StagePlace) -> tuple[Stage, list[Stage]]:
        name = place.prefix + job.name
        own = Stage(
            name, job, chain.strategy, chain.clock, place.following, place.errors,
            gate=place.gate, scoped=place.scoped, is_error=place.is_error,
        )  # fmt: skip
        if not job.is_gate:
            return self._open(job, chain, own, place)
        inside = _StagePlace(f"{name}.", None, None, scoped=True, is_error=False, gate=own)
        if job.flow is not None:
            own.entrance, stages = self._nested(job.flow, inside, own)
        else:
            routing = Stage(f"{name}.route", job, chain.strategy, chain.clock, scoped=True)
            own.entrance, stages = self._arms(job, chain, routing, inside)
        return own, [own, *stages]

    def _open(self, job: Job, chain: Chain, own: Stage, place: _StagePlace) -> tuple[Stage, list[Stage]]:
        inside = _StagePlace(
            f"{own.name}.", place.following, place.errors, scoped=place.scoped, is_error=place.is_error, gate=place.gate
        )
        if job.flow is not None:
            return self._nested(job.flow, inside)
        if job.arms:
            return self._arms(job, chain, own, inside)
        return own, [own]

    def _nested(self, flow: NestedFlow, inside: _StagePlace, gate: Stage | None = None) -> tuple[Stage, list[Stage]]:
        entrance, stages, _ = self.chain(flow._chain(), inside)
        self.sections.append(Section(flow, inside.prefix, entrance, stages, gate or entrance))
        return entrance, stages

    def _arms(self, job: Job, chain: Chain, own: Stage, inside: _StagePlace) -> tuple[Stage, list[Stage]]:
        stages = [own]
        for label, arm in job.arms.items():
            own.arms[label], made = self.job(arm, chain, inside)
            stages += made
        return own, stages
