"""One job that does one of several things: `router(classify, **arms)`."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Hashable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

from framework.errors import FlowError, UnknownName
from framework.flow.jobs.processors import Call, as_call
from framework.flow.jobs.subflow import SubFlow, as_processor


class Router:
    """A processor that hands each item to the arm of its label; made by `router`."""

    def __init__(self, classify: Callable[[Any], Hashable | Awaitable[Hashable]], arms: dict[str, Call]) -> None:
        self.__name__ = "router"
        self.arms = arms
        self._classify = classify
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Start the arms that are flows."""
        async with AsyncExitStack() as stack:
            for arm in self.arms.values():
                if isinstance(arm, SubFlow):
                    await stack.enter_async_context(arm)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop them."""
        await self._stack.aclose()

    async def __call__(self, item: Any) -> Any:
        """Process an item the way its label says.

        Raises:
            UnknownName: there is no arm of that label.
            FlowError: the label has no hash.
        """
        label = self._classify(item)
        if inspect.isawaitable(label):
            label = await label
        try:
            arm = self.arms.get(label)  # type: ignore[call-overload]  # any label may be asked for
        except TypeError as error:
            raise FlowError(f"the label {label!r} has no hash: return one of {', '.join(self.arms)}") from error
        if arm is None:
            raise UnknownName("arm of the router", label, list(self.arms))
        return await arm(item)


def router(classify: Callable[[Any], Hashable | Awaitable[Hashable]], /, **arms: Any) -> Router:
    """A processor that asks `classify` (async or not) for the label of each item, and lets that arm process it.

    Each arm is an async function or a flow::

        flow.add(router(lambda path: path.suffix[1:], py=parse_python, md=render))

    Raises:
        FlowError: `classify` cannot be called, there are no arms, or one cannot be a processor.
    """
    if not callable(classify):
        raise FlowError(
            f"router takes a function that gives the label of an item, got {classify!r}: router(classify, a=parse)"
        )
    if not arms:
        raise FlowError("a router without arms has nowhere to send items: router(classify, label=processor, ...)")
    return Router(classify, {label: _arm(arm) for label, arm in arms.items()})


def _arm(arm: Any) -> Call:
    call: Call = as_processor(arm)
    return call if isinstance(call, SubFlow) else as_call(call)
