"""Which builder provides and requires which target, as nodes and edges of a graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from framework.core.inbox import Inbox
from framework.core.processor import AbstractProcessor
from framework.observe import Edge, Node, NodeKey


def is_builder(processor: AbstractProcessor) -> bool:
    """Whether a processor declares what it `provides`, as the builders of `framework.reactive` do."""
    return isinstance(getattr(processor, "provides", None), str)


def dependencies(inboxes: Iterable[Inbox]) -> tuple[list[Node], list[Edge]]:
    """The targets of all builders, `missing` where nobody provides one, and who provides and requires them."""
    builders = [inbox for inbox in inboxes if is_builder(inbox.processor)]
    provided = {inbox.processor.provides for inbox in builders}  # type: ignore[attr-defined]
    edges = [edge for inbox in builders for edge in _edges(inbox)]
    targets = dict.fromkeys(key for edge in edges for key in (edge.source, edge.target) if isinstance(key, tuple))
    nodes = [Node(key, "target", str(key[1]), missing=key[1] not in provided) for key in targets]
    return nodes, edges


def _edges(inbox: Inbox) -> Iterator[Edge]:
    for required in inbox.processor.requires:  # type: ignore[attr-defined]
        yield Edge(_key(required.removeprefix("*")), inbox.name, "requires")
    yield Edge(inbox.name, _key(inbox.processor.provides), "provides")  # type: ignore[attr-defined]


def _key(target: str) -> NodeKey:
    return ("target", target)
