"""Dependency cycles without a seed artifact: targets that are provided and of which nothing can come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from framework.core import Context
from framework.core.mailboxes.handler import Handler
from framework.core.reactive_event import ReactiveEvent


@runtime_checkable
class Lacking(Protocol):
    """Tells which of its requirements have not arrived."""

    def lacking(self) -> Sequence[str]:
        """Return the required targets of which no artifact has arrived."""


def providers(context: Context, target: str) -> list[Handler]:
    """Return the processors that provide a target."""
    asked = context._receivers(ReactiveEvent("resolve", target))
    return [processor for processor in asked if getattr(processor, "provides", None) == target]


def seedless(context: Context, targets: Sequence[str]) -> list[str]:
    """Return those of the targets of which nothing can come; call it when nothing waits or runs.

    A target is without a seed when each of its providers lacks one that is.
    """
    lacking: dict[str, list[Sequence[str]]] = {}  # of each target, what each of its providers lacks
    upstream = list(targets)
    for target in upstream:  # which grows
        if target not in lacking:
            known = (one.lacking() if isinstance(one, Lacking) else () for one in providers(context, target))
            lacking[target] = [*known]
            upstream += [further for missing in lacking[target] for further in missing]
    found = {target for target in lacking if lacking[target]}
    before = None
    while before != len(found):
        before = len(found)
        for target in reversed(lacking):  # from the sources on, so that a chain takes one round
            if any(found.isdisjoint(missing) for missing in lacking[target]):
                found.discard(target)
    return [target for target in targets if target in found]
