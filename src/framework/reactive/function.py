"""`@reactive`: a builder that is one function."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any, Self

from framework.core import Context
from framework.core.processor import is_function
from framework.errors import WiringError
from framework.observe.text import short_repr
from framework.reactive.builder import ReactiveBuilder
from framework.reactive.building.awaited import is_awaited
from framework.reactive.building.pairing import checked
from framework.reactive.checks import hint_of_keywords, keyword_only

UserFunction = Callable[..., Any]
CONTEXTS = ("context", "_", "_context", "ctx")
"""Names of a first parameter that is the context."""
POSITIONAL = inspect.Parameter.POSITIONAL_OR_KEYWORD
LAMBDA = "<lambda>"


class FunctionBuilder(ReactiveBuilder):
    """A builder whose `build` is a function; call it to get another one for another pipeline."""

    def _check_arity(self) -> None:
        """Do nothing: `reactive` has checked the function, whose signature `build` has taken over."""

    def __call__(self) -> Self:
        """Make another builder of the same function."""
        return type(self)()  # type: ignore[call-arg]  # each has an __init__ of its own


def reactive(  # noqa: PLR0913 - as a ReactiveBuilder
    provides: Any = None,
    requires: Iterable[str] | None = None,
    persist: bool = False,  # noqa: FBT001, FBT002 - the order of these is promised
    *,
    dedupe: bool = False,
    name: str | None = None,
    priority: int = 0,
    max_concurrency: int | None = None,
    depends: Any = (),
    ignore: Any = (),
    version: str | int | None = None,
) -> Any:
    """Make a builder of a function that takes the artifacts, and the context if it has a parameter of that name.

    A function that returns makes one artifact, whatever it is; one that yields makes many::

        @reactive
        def number():
            yield from range(3)

        @reactive
        def double(number):
            return 2 * number

        Pipeline([number, double]).compute("double")

    Args:
        provides: the target that it announces; the function's name by default.
        requires: the targets whose artifacts it gets; the names of its parameters by default.
        persist: keep the results.
        dedupe: build equal inputs of one run once.
        name: the function's by default.
        priority: lower runs first.
        max_concurrency: how many inputs an `async def` may have under way; 16 by default.
        depends: what else the results depend on; see `AbstractProcessor`.
        ignore: attributes that change no result.
        version: replaces the code in the identity.

    Raises:
        WiringError: the arguments are not valid, or what is decorated is not a function of the artifacts.
    """
    bare = is_function(provides)
    if callable(provides) and not bare:
        raise _no_function(provides)
    if not bare:
        checked("@reactive", "target" if provides is None else provides, () if requires is None else requires)

    def decorate(function: UserFunction) -> FunctionBuilder:
        if not is_function(function):
            raise _no_function(function)
        title = function.__name__
        if title == LAMBDA:
            if bare or provides is None:
                raise WiringError(
                    "a lambda has no name for its target: reactive(provides='double')(lambda number: ...)"
                )
            title = provides
        target, required = checked(
            title, title if bare or provides is None else provides, _named(function) if requires is None else requires
        )
        call = _call(function, required)
        many = inspect.isgeneratorfunction(inspect.unwrap(function))

        def __init__(self: FunctionBuilder) -> None:  # noqa: N807 - it becomes one
            ReactiveBuilder.__init__(
                self, target, required, persist, dedupe, name or title, priority, max_concurrency=max_concurrency
            )

        @functools.wraps(function)
        async def awaited(_: FunctionBuilder, context: Context, *args: Any) -> Iterable[Any]:
            built = call(context, args)
            return [one async for one in built] if inspect.isasyncgen(built) else [await built]

        @functools.wraps(function)
        def called(_: FunctionBuilder, context: Context, *args: Any) -> Iterable[Any]:
            built = call(context, args)
            return built if many or inspect.isgenerator(built) else [built]

        # A class of its own, in the user's module: what its results depend on is the function, not this file.
        build = awaited if is_awaited(function) else called
        members: dict[str, Any] = {
            "__init__": __init__,
            "build": build,
            "__module__": function.__module__,
            "__wrapped__": function,
        }
        members |= {"depends": depends, "ignore": ignore, "version": version}
        made: FunctionBuilder = type(title, (FunctionBuilder,), members)()
        return made

    return decorate(provides) if bare else decorate


def _named(function: UserFunction) -> list[str]:
    """Return the names of the parameters that are targets."""
    parameters = inspect.signature(function).parameters.values()
    loose = [one.name for one in parameters if one.kind is inspect.Parameter.VAR_POSITIONAL]
    if loose:
        raise WiringError(f"{function.__name__} takes *{loose[0]}, which names no target: @reactive(requires=[...])")
    if any(one.name in {"self", "cls"} for one in list(parameters)[:1]):
        raise WiringError(
            f"{function.__qualname__} is a method, and its object is no artifact: @reactive decorates functions; of an "
            f"object that there is: reactive(thing.{function.__name__})"
        )
    return [
        one.name
        for one in parameters
        if one.name not in CONTEXTS and one.default is inspect.Parameter.empty and one.kind <= POSITIONAL
    ]


def _call(function: UserFunction, required: list[str]) -> Callable[[Context, tuple[Any, ...]], Any]:
    """Return how the function is called with a context and artifacts; raises WiringError if these do not fit it.

    The context goes to the parameter of its name, wherever that stands; a first parameter of any other name is the
    context where there is one more than artifacts.
    """
    signature = inspect.signature(function)
    names = [one.name for one in signature.parameters.values() if one.kind <= POSITIONAL]
    keyword = next((name for name in keyword_only(signature) if name in CONTEXTS and name not in required), None)
    place = next((place for place, name in enumerate(names) if name in CONTEXTS and name not in required), None)
    unpacked = any(target.startswith("*") for target in required)
    if place is None and keyword is None and not unpacked and len(names) == len(required) + 1:
        place = 0 if signature.parameters[names[-1]].default is inspect.Parameter.empty else None
    named = {} if keyword is None else {keyword: None}
    if not unpacked:
        try:
            signature.bind(*range(len(required) + (place is not None)), **named)
        except TypeError:
            taken = ", ".join(name for number, name in enumerate(names) if number != place) or "none"
            raise WiringError(
                f"{function.__name__} requires {required}, and the artifacts it takes are: {taken}"
                + hint_of_keywords(signature, named)
            ) from None
    if keyword is not None:
        return lambda context, args: function(*args, **{keyword: context})
    if place is None:
        return lambda _, args: function(*args)
    return lambda context, args: function(*args[:place], context, *args[place:])


def _no_function(thing: object) -> WiringError:
    return WiringError(
        f"@reactive makes a builder of a function, got {short_repr(thing)}: write a function that calls it, "
        "or subclass ReactiveBuilder"
    )
