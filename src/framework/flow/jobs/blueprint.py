"""From what a user adds to a job: its name, its capacity, where its processor comes from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, TypedDict

from framework.errors import FlowError, OptionError
from framework.flow.capacity import Capacity, FixedCapacity
from framework.flow.jobs.batching import Batch, as_batch
from framework.flow.jobs.decorators import Declaration, declaration_of
from framework.flow.jobs.limits import Limits
from framework.flow.jobs.processors import Given, ProcessorSource, Shared, as_call, from_factory, name_of
from framework.flow.jobs.router import Router
from framework.flow.jobs.subflow import NestedFlow, SubFlow


class JobOptions(TypedDict, total=False):
    """The extras of a job, as `Flow.add` takes them."""

    timeout: float | None
    retry: int | None
    rate: float | None
    batch: Batch | int | None
    executor: Any


@dataclass(frozen=True, slots=True)
class Blueprint:
    """What a job is made of; `capacity` is what the call gave, `declaration` what decorators said."""

    name: str
    source: ProcessorSource
    capacity: Capacity | None
    declaration: Declaration
    limits: Limits
    executor: Any
    subflows: tuple[NestedFlow, ...] = ()


def blueprint(  # noqa: PLR0913 - what the ways of adding a job have in common
    subject: Any,
    capacity: Capacity | None,
    name: str | None,
    options: JobOptions,
    *,
    known: Collection[str],
    is_factory: bool = False,
    lock: Any = None,
) -> Blueprint:
    """Check everything that can be checked before a start.

    Raises:
        FlowError: `subject` or `lock` cannot be used.
        OptionError: an option makes no sense, or the name is taken.
        TypeError: there is no such option.
    """
    if capacity is not None and not isinstance(capacity, Capacity):
        raise OptionError(f"capacity= takes a Capacity, got {capacity!r}: UtilizationCapacity(max_workers=8)")
    wanted = dict(options)
    unknown = wanted.keys() - JobOptions.__annotations__.keys()
    if unknown:
        raise TypeError(f"a job has no option {min(unknown)!r}; there are: {', '.join(JobOptions.__annotations__)}")
    executor = wanted.pop("executor", None)
    limits = Limits(lock=lock, batch=as_batch(wanted.pop("batch", None)), **wanted)  # type: ignore[arg-type]  # checked there
    source = from_factory(subject) if is_factory else _given(subject, executor)
    declaration = declaration_of(subject)
    if isinstance(subject, SubFlow) and declaration.capacity is None:
        # Its own jobs are its limits: as many items may be inside as fit there.
        declaration = Declaration(capacity=FixedCapacity(subject.flow.room))
    chosen = _free(name, declaration.name or name_of(subject), known)
    return Blueprint(chosen, source, capacity, declaration, limits, executor, _subflows(subject))


def _given(processor: Any, executor: Any) -> ProcessorSource:
    if isinstance(processor, SubFlow | Router):
        if executor is not None:
            raise FlowError(f"{name_of(processor)} is asynchronous and needs no executor: leave executor= out")
        return Shared(processor)
    as_call(processor, executor)
    return Given(processor)


def _subflows(subject: Any) -> tuple[NestedFlow, ...]:
    parts = subject.arms.values() if isinstance(subject, Router) else (subject,)
    return tuple(part.flow for part in parts if isinstance(part, SubFlow))


def _free(name: str | None, suggested: str, known: Collection[str]) -> str:
    if name is not None:
        if not isinstance(name, str) or not name:
            raise OptionError(f"a job's name is a string that is not empty, got {name!r}: add(parse, name='parse')")
        if name in known:
            raise OptionError(f"there is a job named {name!r} already: choose another name")
        return name
    number, free = 1, suggested
    while free in known:
        number += 1
        free = f"{suggested} {number}"
    return free
