"""Which node of a graph an event belongs to."""

from __future__ import annotations

from typing import Any

from framework.core.reactive_event import ReactiveEvent
from framework.observe import NodeKey


def key_of(event: Any) -> NodeKey:
    """The node of an event; that of its target where builders ask for it or announce it."""
    if isinstance(event, ReactiveEvent):
        return ("target", event.target)
    return ("event", type(event).__name__, event.name)
