"""The targets of a pipeline and their builders, as nodes and edges of a graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from framework.core.mailboxes.handler import Handler
from framework.core.mailboxes.inbox import Inbox
from framework.core.mailboxes.observation import ObservedEmission
from framework.core.matching.interests import Interests
from framework.core.reactive_event import ReactiveEvent
from framework.observe import Edge, Node, NodeKey

BUILT = "built"


def is_builder(processor: Handler) -> bool:
    """Whether a processor declares what it `provides`, as the builders of `framework.reactive` do."""
    return isinstance(getattr(processor, "provides", None), str)


def is_protocol(class_name: str) -> bool:
    """Whether events of that class resolve and announce targets; a graph shows the targets instead."""
    return class_name in _names(ReactiveEvent)


def dependencies(
    interests: Mapping[Inbox, Interests], observed: Iterable[ObservedEmission]
) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    """Return targets as nodes, `missing` without a provider, and the edges to and from processors."""
    builders = {inbox.name: inbox.processor for inbox in interests if is_builder(inbox.processor)}
    announced = {
        (sender, target)
        for sender, class_name, event_name, target in observed
        if target is not None and is_protocol(class_name) and event_name == BUILT
    }
    edges = [edge for name, builder in builders.items() for edge in _of_builder(name, builder, announced)]
    outside = sorted(pair for pair in announced if pair[0] not in builders)
    edges += [Edge(sender, _key(target), "emits", observed=True) for sender, target in outside]
    targets = {str(key[1]) for edge in edges for key in (edge.source, edge.target) if isinstance(key, tuple)}
    edges += _received(interests, targets)
    provided = {edge.target for edge in edges if edge.kind in {"provides", "emits"}}
    keys = dict.fromkeys(key for edge in edges for key in (edge.source, edge.target) if isinstance(key, tuple))
    return tuple(Node(key, "target", str(key[1]), missing=key not in provided) for key in keys), tuple(edges)


def _of_builder(name: str, builder: Handler, announced: Iterable[tuple[str, str]]) -> Iterator[Edge]:
    for required in builder.requires:  # type: ignore[attr-defined]
        yield Edge(_key(required.removeprefix("*")), name, "requires")
    provides = builder.provides  # type: ignore[attr-defined]
    yield Edge(name, _key(provides), "provides", observed=(name, provides) in announced)


def _received(interests: Mapping[Inbox, Interests], targets: Iterable[str]) -> Iterator[Edge]:
    """Yield the edges to processors that are no builders: from the targets they name, or from all."""
    for inbox, wanted in interests.items():
        if is_builder(inbox.processor):
            continue
        keys = {interest.key for interest in wanted if _wants_artifacts(interest.class_name, interest.name)}
        named = sorted(targets) if None in keys else sorted(map(str, keys))
        yield from (Edge(_key(target), inbox.name, "receives") for target in named)


def _wants_artifacts(class_name: str | None, name: str | None) -> bool:
    ancestors = {cls.__name__ for cls in ReactiveEvent.__mro__}
    fits = class_name is None or class_name in ancestors or is_protocol(class_name)
    return fits and name in (None, BUILT)


def _names(cls: type) -> frozenset[str]:
    return frozenset({cls.__name__}.union(*map(_names, cls.__subclasses__())))


def _key(target: str) -> NodeKey:
    return ("target", target)
