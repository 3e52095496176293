"""`@processor`: a processor that is one function."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, Self, overload

from framework.core.context import Context
from framework.core.event import Event
from framework.core.processor import AbstractProcessor
from framework.errors import OptionError

ProcessFunction = Callable[..., Any]


class FunctionProcessor(AbstractProcessor):
    """A processor whose `process` is a function; call it to get another one for another pipeline."""

    def __call__(self) -> Self:
        """Make another processor of the same function."""
        return type(self)()


@overload
def processor(function: ProcessFunction, /) -> FunctionProcessor: ...
@overload
def processor(*, name: str | None = None, priority: int = 0) -> Callable[[ProcessFunction], FunctionProcessor]: ...
def processor(
    function: ProcessFunction | None = None, /, *, name: str | None = None, priority: int = 0
) -> FunctionProcessor | Callable[[ProcessFunction], FunctionProcessor]:
    """Make a processor of a function of the context and the event, which has a `match` as `process` does.

    Example::

        @processor
        def greet(context, event):
            match event:
                case Event(name="start", who=who):
                    context.submit(Event(name="greet", who=who))

        pipeline = Pipeline([greet])

    Args:
        function: takes `(context, event)`, or only `(event)`.
        name: the function's by default.
        priority: lower runs first.

    Raises:
        OptionError: what is decorated is no such function.
    """
    if function is None:
        return functools.partial(_made, name=name, priority=priority)
    return _made(function, name=name, priority=priority)


def _made(function: ProcessFunction, *, name: str | None, priority: int) -> FunctionProcessor:
    if not inspect.isroutine(function):
        raise OptionError(f"@processor makes a processor of a function, got {function!r}: def greet(context, event)")
    parameters = inspect.signature(function).parameters
    if not 1 <= len(parameters) <= 2:  # noqa: PLR2004 - the context and the event
        raise OptionError(f"@processor: {function.__name__} takes (context, event), not {tuple(parameters)}")
    title: str = name or function.__name__

    def __init__(self: FunctionProcessor) -> None:  # noqa: N807 - it becomes one
        AbstractProcessor.__init__(self, title, priority)

    def with_context(_: FunctionProcessor, context: Context, event: Event) -> object:
        return function(context, event)

    def without_context(_: FunctionProcessor, context: Context, event: Event) -> object:  # noqa: ARG001
        return function(event)

    async def awaited(_: FunctionProcessor, context: Context, event: Event) -> object:
        return await function(*(context, event)[-len(parameters) :])

    process: Any = with_context if len(parameters) > 1 else without_context
    if inspect.iscoroutinefunction(function):
        process = awaited
    process = functools.wraps(function)(process)
    # A class of its own, in the user's module: what its results depend on is the function, not this file.
    members: dict[str, Any] = {"__init__": __init__, "process": process}
    members |= {"__module__": function.__module__, "__wrapped__": function}
    made: FunctionProcessor = type(function.__name__, (FunctionProcessor,), members)()
    return made
