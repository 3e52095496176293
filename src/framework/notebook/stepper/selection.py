"""`Selection`: the node of the graph that was clicked, and which rows of the panes belong to it."""

from __future__ import annotations

from dataclasses import dataclass

from framework.notebook.graphs.collapse import members
from framework.notebook.graphs.keys import key_of
from framework.observe import EventSubmitted, Node, NodeKey


@dataclass(frozen=True, slots=True)
class Selection:
    """A node, by its id in the picture, or none, which selects everything."""

    node: str | None = None
    label: str = ""
    keys: frozenset[NodeKey] = frozenset()

    @staticmethod
    def of(identifier: str | None, node: Node | None) -> Selection:
        """Return the selection of that node; the empty one for None."""
        if node is None:
            return Selection()
        return Selection(identifier, node.label, frozenset(members(node)))

    def has_processor(self, name: str) -> bool:
        """Return whether a row about that processor is shown; a selected event shows all processors."""
        return not self.keys or name in self.keys or not any(isinstance(key, str) for key in self.keys)

    def has_event(self, submitted: EventSubmitted) -> bool:
        """Return whether a row about that submission is shown."""
        concerned = {submitted.sender, *submitted.recipients, key_of(submitted.event)}
        return not self.keys or not self.keys.isdisjoint(concerned)
