"""`Selection`: the node of the graph that was clicked, and which rows of the panes belong to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from framework.core.reactive_event import ReactiveEvent
from framework.observe import EventSubmitted, NodeKey


@dataclass(frozen=True, slots=True)
class Selection:
    """Some nodes of the graph with the label they are drawn under, or none, which selects everything."""

    label: str = ""
    first: NodeKey | None = None
    keys: frozenset[NodeKey] = frozenset()

    @staticmethod
    def of(label: str, keys: Sequence[NodeKey]) -> Selection:
        """Return the selection of those nodes; the empty one for none."""
        return Selection(label, keys[0], frozenset(keys)) if keys else Selection()

    def has_processor(self, name: str) -> bool:
        """Return whether a row about that processor is shown; a selected event shows all processors."""
        return not self.keys or name in self.keys or not any(isinstance(key, str) for key in self.keys)

    def has_event(self, submitted: EventSubmitted) -> bool:
        """Return whether a row about that submission is shown."""
        concerned = {submitted.sender, *submitted.recipients, key_of(submitted.event)}
        return not self.keys or not self.keys.isdisjoint(concerned)


def key_of(event: Any) -> NodeKey:
    """Return the node of an event; that of its target where builders ask for it or announce it."""
    if isinstance(event, ReactiveEvent):
        return ("target", event.target)
    return ("event", type(event).__name__, event.name)
