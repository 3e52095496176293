"""`@reactive`: a builder that is one function."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any, Self

from framework.core import Context
from framework.errors import WiringError
from framework.reactive.builder import ReactiveBuilder
from framework.reactive.building.awaited import is_awaited
from framework.reactive.building.pairing import checked

BuildFunction = Callable[..., Any]
CONTEXTS = ("context", "_", "_context", "ctx")
"""Names of a first parameter that is the context."""
POSITIONAL = inspect.Parameter.POSITIONAL_OR_KEYWORD


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
    bare = inspect.isroutine(provides)
    if not bare:
        checked("@reactive", "target" if provides is None else provides, () if requires is None else requires)

    def decorate(function: BuildFunction) -> FunctionBuilder:
        if not inspect.isroutine(function):
            raise WiringError(f"@reactive makes a builder of a function, got {function!r}: subclass ReactiveBuilder")
        title = function.__name__
        target, required = checked(
            title, title if bare or provides is None else provides, _named(function) if requires is None else requires
        )
        with_context = _takes_context(function, required)
        many = inspect.isgeneratorfunction(inspect.unwrap(function))

        def __init__(self: FunctionBuilder) -> None:  # noqa: N807 - it becomes one
            ReactiveBuilder.__init__(
                self, target, required, persist, dedupe, name or title, priority, max_concurrency=max_concurrency
            )

        @functools.wraps(function)
        async def awaited(_: FunctionBuilder, context: Context, *args: Any) -> Iterable[Any]:
            built = function(context, *args) if with_context else function(*args)
            return [one async for one in built] if inspect.isasyncgen(built) else [await built]

        @functools.wraps(function)
        def called(_: FunctionBuilder, context: Context, *args: Any) -> Iterable[Any]:
            built = function(context, *args) if with_context else function(*args)
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


def _positional(function: BuildFunction) -> list[str]:
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [one.name for one in inspect.signature(function).parameters.values() if one.kind in kinds]


def _named(function: BuildFunction) -> list[str]:
    """Return the names of the parameters that are targets."""
    parameters = inspect.signature(function).parameters.values()
    loose = [one.name for one in parameters if one.kind is inspect.Parameter.VAR_POSITIONAL]
    if loose:
        raise WiringError(f"{function.__name__} takes *{loose[0]}, which names no target: @reactive(requires=[...])")
    return [
        one.name
        for one in parameters
        if one.name not in CONTEXTS and one.default is inspect.Parameter.empty and one.kind <= POSITIONAL
    ]


def _takes_context(function: BuildFunction, required: list[str]) -> bool:
    """Return whether the context is the first argument; check that the artifacts are the others; raises WiringError."""
    names, signature = _positional(function), inspect.signature(function)
    unpacked = any(target.startswith("*") for target in required)
    # A first parameter of any other name is the context where there is one more than artifacts.
    with_context = bool(names) and names[0] in CONTEXTS
    if not with_context and not unpacked and len(names) == len(required) + 1:
        with_context = signature.parameters[names[-1]].default is inspect.Parameter.empty
    if not unpacked:
        try:
            signature.bind(*range(len(required) + with_context))
        except TypeError:
            taken = ", ".join(names[with_context:]) or "none"
            raise WiringError(
                f"{function.__name__} requires {required}, and the artifacts it takes are: {taken}"
            ) from None
    return with_context
