"""`AbstractProcessor`: handles events; the base class of users' processors. `@processor` makes one of a function."""

from __future__ import annotations

import functools
import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Self, overload

from framework import source
from framework.core.context import Context, process_detached
from framework.core.event import Event
from framework.core.mailboxes.handler import Unfinished
from framework.errors import OptionError
from framework.observe.text import short_repr

ProcessFunction = Callable[..., Any]
InterestDeclaration = Iterable[tuple[type | str, str | None] | tuple[type | str, str | None, Any]]


class AbstractProcessor(ABC):
    """Handles events, one at a time, on its own mailbox.

    A subclass writes `process` with a `match` statement; what it wants to receive is inferred from the patterns::

        class Greeter(AbstractProcessor):
            def process(self, context: Context, event: Event):
                match event:
                    case Event(name="greet", who=who):
                        print(f"hello {who}")

    Class attributes: `interests`, pairs of an event class (or its name) and an event name or None, declares the
    interests where they cannot be inferred. In the identity of the archive `version` replaces the code, which then may
    change without changing its results; `depends` adds modules, functions, classes, `Path` objects for the content of
    files, and values; `ignore` names parameters and attributes that change no result.
    """

    interests: ClassVar[InterestDeclaration | None] = None
    version: ClassVar[str | int | None] = None
    depends: ClassVar[Any] = ()
    ignore: ClassVar[Any] = ()
    name: str
    priority: int
    _backlog: int = 0  # events that it keeps beyond its mailbox; senders that can wait then do
    _arguments: tuple[tuple[Any, ...], dict[str, Any]]

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Make the instance and remember what it was made with: that belongs to its identity, and `renew` repeats it.

        Name and priority get their defaults here, so that a subclass need not call `super().__init__()`.
        """
        self = super().__new__(cls)
        state = self.__dict__
        state["name"] = cls.__name__
        state["priority"] = 0
        state["_arguments"] = (args, kwargs)
        return self

    def __init__(self, name: str | None = None, priority: int = 0) -> None:
        """Set name and priority.

        Args:
            name: shown by graphs and reports, and part of the archive's identity; the class's name by default.
            priority: lower runs first.
        """
        self.name = name or type(self).__name__
        self.priority = priority

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Keep the source as it is now: a notebook cell that is run again makes another class of the same name."""
        super().__init_subclass__(**kwargs)
        source.capture(cls)

    @abstractmethod
    def process(self, context: Context, event: Event) -> object:
        """Handle one event; submit what follows from it through `context`. The result is ignored.

        Args:
            context: belongs to this delivery; `context.submit(event)` sends, `context.hold()` keeps the phase open.
            event: what to handle.
        """

    def _unfinished(self) -> Iterable[Unfinished]:
        """Return what this processor still waits for, for `why_waiting()` and the report; nothing by default."""
        return ()

    def _to_retry(self, failed: Event) -> Event:
        """Return the event that `failures.retry` delivers to handle a failed input again; by default the same."""
        return failed

    def _reproduce(self, archived_input: Any) -> Iterable[Any]:
        """Return the output for an input from the archive, computed outside of any run; writes nothing."""
        return process_detached(self.name, self.process, archived_input)


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


def is_function(thing: object) -> bool:
    """Return whether this is a function, a method or one in C; a partial is none, though Python 3.14 calls it one."""
    return inspect.isroutine(thing) and not isinstance(thing, functools.partial)


def _made(function: ProcessFunction, *, name: str | None, priority: int) -> FunctionProcessor:
    if isinstance(function, functools.partial):
        given = [
            *map(short_repr, function.args),
            *(f"{key}={short_repr(one)}" for key, one in function.keywords.items()),
        ]
        called = getattr(function.func, "__name__", "function")
        raise OptionError(
            "@processor makes a processor of a function, whose name and source it keeps, and a partial has neither: "
            f"def my_{called}(context, event): {called}({', '.join([*given, 'context', 'event'])})"
        )
    if not is_function(function):
        raise OptionError(f"@processor makes a processor of a function, got {function!r}: def greet(context, event)")
    taken = _taken(function)
    title: str = name or function.__name__

    def __init__(self: FunctionProcessor) -> None:  # noqa: N807 - it becomes one
        AbstractProcessor.__init__(self, title, priority)

    def with_context(_: FunctionProcessor, context: Context, event: Event) -> object:
        return function(context, event)

    def without_context(_: FunctionProcessor, context: Context, event: Event) -> object:  # noqa: ARG001
        return function(event)

    async def awaited(_: FunctionProcessor, context: Context, event: Event) -> object:
        return await function(*(context, event)[-taken:])

    process: Any = with_context if taken > 1 else without_context
    if inspect.iscoroutinefunction(function):
        process = awaited
    process = functools.wraps(function)(process)
    # A class of its own, in the user's module: what its results depend on is the function, not this file.
    members: dict[str, Any] = {"__init__": __init__, "process": process}
    members |= {"__module__": function.__module__, "__wrapped__": function}
    made: FunctionProcessor = type(function.__name__, (FunctionProcessor,), members)()
    return made


def _taken(function: ProcessFunction) -> int:
    """Return whether a function takes the context and the event, or the event only; raises OptionError for others.

    What has a default is left to it.
    """
    parameters = inspect.signature(function).parameters.values()
    needed = [one for one in parameters if one.default is one.empty and one.kind is not one.VAR_KEYWORD]
    if any(one.kind is one.VAR_POSITIONAL for one in needed):
        return 2
    if not 1 <= len(needed) <= 2 or any(one.kind is one.KEYWORD_ONLY for one in needed):  # noqa: PLR2004 - context, event
        names = ", ".join(one.name for one in parameters)
        raise OptionError(f"@processor: {function.__name__} takes (context, event), not ({names})")
    return len(needed)


def not_a_processor(thing: object) -> str:
    """Return what was given where a processor is expected, and what to give instead."""
    if isinstance(thing, type):
        return f"the class {thing.__name__}: call it"
    return f"{short_repr(thing)}: derive a class from AbstractProcessor and give an instance"
