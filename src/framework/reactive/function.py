"""`@reactive`: a builder that is one function."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any, Self

from framework.core import Context
from framework.errors import WiringError
from framework.reactive.builder import ReactiveBuilder
from framework.reactive.building.pairing import checked

BuildFunction = Callable[..., Iterable[Any]]


class FunctionBuilder(ReactiveBuilder):
    """A builder whose `build` is a function; call it to get another one for another pipeline."""

    def __call__(self) -> Self:
        """Make another builder of the same function."""
        return type(self)()  # type: ignore[call-arg]  # each has an __init__ of its own


def reactive(  # noqa: PLR0913 - as a ReactiveBuilder
    provides: str,
    requires: Iterable[str] = (),
    persist: bool = False,  # noqa: FBT001, FBT002 - the order of these is promised
    *,
    dedupe: bool = False,
    name: str | None = None,
    priority: int = 0,
    depends: Any = (),
    ignore: Any = (),
    version: str | int | None = None,
) -> Callable[[BuildFunction], FunctionBuilder]:
    """Make a builder of a function that takes what `build` takes.

    Example::

        @reactive(provides="doubles", requires=["numbers"])
        def doubles(context, number):
            yield 2 * number

        pipeline = Pipeline([numbers, doubles, sink])

    Args:
        provides: the target that it announces.
        requires: the targets whose artifacts it gets.
        persist: keep the results.
        dedupe: build equal inputs of one run once.
        name: the function's by default.
        priority: lower runs first.
        depends: what else the results depend on; see `AbstractProcessor`.
        ignore: attributes that change no result.
        version: replaces the code in the identity.

    Raises:
        WiringError: the arguments are not valid, or what is decorated is not a function.
    """
    checked("@reactive", provides, requires)  # here, where a bare @reactive would give a function for a target

    def decorate(function: BuildFunction) -> FunctionBuilder:
        title = getattr(function, "__name__", None)
        if title is None or isinstance(function, type):
            raise WiringError(f"@reactive makes a builder of a function, got {function!r}: subclass ReactiveBuilder")

        def __init__(self: FunctionBuilder) -> None:  # noqa: N807 - it becomes one
            ReactiveBuilder.__init__(self, provides, requires, persist, dedupe, name or title, priority)

        @functools.wraps(function)
        def build(_: FunctionBuilder, context: Context, *args: Any) -> Iterable[Any]:
            return function(context, *args)

        # A class of its own, in the user's module: what its results depend on is the function, not this file.
        members = {"__init__": __init__, "build": build, "__module__": function.__module__, "__wrapped__": function}
        members |= {"depends": depends, "ignore": ignore, "version": version}
        made: FunctionBuilder = type(title, (FunctionBuilder,), members)()
        return made

    return decorate
