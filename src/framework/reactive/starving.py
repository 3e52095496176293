"""Targets of which nothing can come: those who provide them wait in a circle that nothing has entered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from framework.core import AbstractProcessor, Context
from framework.core.reactive_event import ReactiveEvent

if TYPE_CHECKING:
    from framework.reactive.building import Building


def providers(context: Context, target: str) -> tuple[AbstractProcessor, ...]:
    """The processors that provide a target."""
    asked = context.receivers(ReactiveEvent("resolve", target))
    return tuple(processor for processor in asked if getattr(processor, "provides", None) == target)


def is_starved(context: Context, target: str, above: frozenset[str] = frozenset()) -> bool:
    """Whether all who provide a target wait for one that comes of it in turn; ask when everything is quiet.

    Args:
        context: knows who provides what.
        target: somebody waits for it.
        above: targets that wait for this one.
    """
    if target in above:
        return True
    found = providers(context, target)
    return bool(found) and all(_waits(context, provider, above | {target}) for provider in found)


def _waits(context: Context, provider: AbstractProcessor, above: frozenset[str]) -> bool:
    building: Building | None = getattr(provider, "_building", None)
    return building is not None and any(is_starved(context, target, above) for target in building.pairing.lacking())
