"""One of several jobs for each item: `router(classify, **arms)`."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from framework.errors import FlowError
from framework.flow.jobs.processors import as_call
from framework.flow.jobs.subflow import as_subflow

Classify = Callable[[Any], Hashable | Awaitable[Hashable]]


@dataclass(frozen=True, slots=True)
class Router:
    """Sends each item to the arm of its label; made by `router`.

    `default` is the label of the arm for all other labels, None where those are dropped.
    """

    name: str
    classify: Classify
    arms: Mapping[Hashable, Any]
    default: Hashable | None

    async def __call__(self, item: Any) -> Hashable:
        """Return the label of an item."""
        label = self.classify(item)
        return await label if inspect.isawaitable(label) else label


def router(classify: Classify, /, *, name: str = "router", default: Any = None, **arms: Any) -> Router:
    """Return a job that asks `classify` (async or not) for the label of each item, and lets that arm process it.

    Each arm is an async function, a factory (a function without parameters, or an async context manager) or a flow; it
    has a queue and workers of its own, and stands in the graph as `name.label`::

        flow.add(router(lambda path: path.suffix[1:], py=parse_python, md=render, name="by kind"))

    An item that fits no arm goes to `default`, an arm or the label of one; without it the item is dropped.

    Raises:
        FlowError: `classify` cannot be called, there are no arms, or one cannot be a processor.
    """
    if not callable(classify):
        raise FlowError(
            f"router takes a function that gives the label of an item, got {classify!r}: router(classify, a=parse)"
        )
    if not isinstance(name, str) or not name:
        raise FlowError(f"a router's name is a string that is not empty, got {name!r}: name='by kind'")
    known: dict[Hashable, Any] = {label: arm for label, arm in arms.items()}  # noqa: C416 - widens the type of the keys
    label = default if isinstance(default, str) and default in known else None
    if default is not None and label is None:
        label = "default"
        known[label] = default
    if not known:
        raise FlowError("a router without arms has nowhere to send items: router(classify, label=processor, ...)")
    for arm in known.values():
        _check(arm)
    return Router(name, classify, known, label)


def is_stage(arm: Any) -> bool:
    """Return whether an arm stands for several jobs: a flow, or another router."""
    return isinstance(arm, Router) or as_subflow(arm) is not None


def is_factory(arm: Any) -> bool:
    """Return whether an arm makes processors, rather than being one: it takes no item."""
    if is_stage(arm):
        return False
    if hasattr(type(arm), "__aenter__"):
        return True
    if not callable(arm):
        return False
    try:
        signature = inspect.signature(arm)
        signature.bind()
    except (TypeError, ValueError):
        return False
    return not signature.parameters or inspect.isclass(arm)


def _check(arm: Any) -> None:
    if not (is_stage(arm) or is_factory(arm)):
        as_call(arm)
