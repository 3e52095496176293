"""What a processor says about its job: `@job_name`, `@job_capacity` and `@workers`, in any order.

Each gives a new callable and leaves the decorated one as it was, so that one function can serve several jobs.
"""

from __future__ import annotations

import copy
import functools
import types
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from framework.errors import FlowError, OptionError
from framework.flow.capacity import Capacity, Workers, validated, with_workers

F = TypeVar("F", bound=Callable[..., Any])

ATTRIBUTE = "__job__"


@dataclass(frozen=True, slots=True)
class Declaration:
    """What decorators said about a processor; None where they said nothing."""

    name: str | None = None
    capacity: Capacity | None = None
    workers: Workers | None = None


def job_name(name: str) -> Callable[[F], F]:
    """Name the job, as graphs, reports and logs call it.

    Raises:
        OptionError: `name` is no string or empty.
    """
    if not isinstance(name, str) or not name:
        raise OptionError(f"a job's name is a string that is not empty, got {name!r}: @job_name('parse')")
    return _declaring(name=name)


def job_capacity(capacity: Capacity) -> Callable[[F], F]:
    """Give the job that capacity; the `capacity` argument of `add` goes before it.

    Raises:
        OptionError: something else was given.
    """
    if not isinstance(capacity, Capacity):
        raise OptionError(f"job_capacity takes a Capacity, got {capacity!r}: @job_capacity(FixedCapacity(4))")
    return _declaring(capacity=capacity)


def workers(min: int, max: int, initial: int | None = None) -> Callable[[F], F]:  # noqa: A002 - the words of Capacity
    """Give the job between `min` and `max` workers, `initial` of them (`min` by default) at the start.

    The other settings stay those of its capacity.

    Raises:
        OptionError: the numbers make no sense.
    """
    validated(with_workers(Capacity(), (min, max, initial)))
    return _declaring(workers=(min, max, initial))


def declaration_of(processor: object) -> Declaration:
    """What decorators said about that processor, or an empty declaration."""
    while isinstance(processor, functools.partial) and not hasattr(processor, ATTRIBUTE):
        processor = processor.func
    declared = getattr(processor, ATTRIBUTE, None)
    return declared if isinstance(declared, Declaration) else Declaration()


class DeclaredCallable(Generic[F]):
    """A callable that is no plain function, with a declaration beside it; a method stays a method."""

    def __init__(self, function: F) -> None:
        functools.update_wrapper(self, function, updated=())
        self._function = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call what was decorated."""
        return self._function(*args, **kwargs)

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        """Bind as the decorated attribute would."""
        bind = getattr(type(self._function), "__get__", None)
        if bind is None:
            return self
        bound = DeclaredCallable(bind(self._function, instance, owner))
        setattr(bound, ATTRIBUTE, declaration_of(self))
        return bound


def _declaring(**said: Any) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        if not (callable(function) or isinstance(function, classmethod)):
            raise FlowError(f"only something callable can be a processor, got {function!r}: decorate an async function")
        own = _copy(function)
        setattr(own, ATTRIBUTE, replace(declaration_of(function), **said))
        return own

    return decorate


def _copy(function: F) -> F:
    if not isinstance(function, types.FunctionType):
        return DeclaredCallable(function)  # type: ignore[return-value]  # called and bound as the original
    # A copied function costs no call more, and pickles by its name as the original would.
    twin = types.FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    twin.__kwdefaults__ = copy.copy(function.__kwdefaults__)
    functools.update_wrapper(twin, function)
    del twin.__wrapped__  # type: ignore[attr-defined]  # set by update_wrapper; a copy wraps nothing
    twin.__dict__.update(function.__dict__)
    return twin  # type: ignore[return-value]
