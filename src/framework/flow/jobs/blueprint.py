"""From what a user adds to a job: its name, its capacity, where its processor comes from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass
from typing import Any, TypedDict

from framework.errors import FlowError, OptionError
from framework.flow.capacity import Capacity, check_given
from framework.flow.jobs.batching import Batch, as_batch
from framework.flow.jobs.decorators import Declaration, declaration_of
from framework.flow.jobs.limits import Limits
from framework.flow.jobs.processors import (
    Given,
    ProcessorSource,
    as_call,
    from_factory,
    is_async_generator,
    name_of,
    takes_resource,
)
from framework.flow.jobs.retrying import Retry, as_retry
from framework.flow.jobs.router import Router
from framework.flow.jobs.subflow import NestedFlow, as_subflow


class JobOptions(TypedDict, total=False):
    """The extras of a job, as `Flow.add` takes them."""

    timeout: float | None
    retry: Retry | int | None
    rate: float | None
    batch: Batch | int | None
    executor: Any
    key: Callable[[Any], Hashable] | None


@dataclass(frozen=True, slots=True)
class Blueprint:
    """What a job is made of; `capacity` is what the call gave, `declaration` what decorators said."""

    name: str
    source: ProcessorSource
    capacity: Capacity | None
    declaration: Declaration
    limits: Limits
    executor: Any
    flow: NestedFlow | None = None
    router: Router | None = None


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
    """Check everything that can be checked before a start; raises FlowError, OptionError or TypeError."""
    check_given(capacity)
    wanted = dict(options)
    unknown = wanted.keys() - JobOptions.__annotations__.keys()
    if unknown:
        raise TypeError(f"a job has no option {min(unknown)!r}; there are: {', '.join(JobOptions.__annotations__)}")
    executor, batch, retry = wanted.pop("executor", None), wanted.pop("batch", None), wanted.pop("retry", None)
    limits = Limits(lock=lock, batch=as_batch(batch), retry=as_retry(retry), **wanted)  # type: ignore[arg-type]  # checked there
    flow, router = as_subflow(subject), subject if isinstance(subject, Router) else None
    if is_factory:
        source = from_factory(subject)
    elif flow is not None or router is not None:
        source = _stage(subject, executor, limits)
    else:
        as_call(subject, executor, 2 if lock is not None and takes_resource(subject) else 1)
        source = Given(subject)
        if limits.batch is not None and is_async_generator(subject):
            raise FlowError(f"{name_of(subject)} yields, and a batch takes one result per item: leave batch= out")
    declaration = declaration_of(subject)
    suggested = declaration.name or (subject.name if flow is not None or router is not None else name_of(subject))
    return Blueprint(_free(name, suggested, known), source, capacity, declaration, limits, executor, flow, router)


def _stage(subject: Any, executor: Any, limits: Limits) -> ProcessorSource:
    if executor is not None:
        raise FlowError(f"{subject.name} is asynchronous and needs no executor: leave executor= out")
    if limits.batch is not None:
        raise OptionError(f"batch= belongs to the jobs of {subject.name}, which take single items: leave it out")
    return Given(subject)


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
