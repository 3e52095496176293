"""The graph of a pipeline: processors, and the events between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from framework.core.event import CONTROL, Event
from framework.core.inspection.dependencies import dependencies, is_builder, is_protocol
from framework.core.mailboxes.inbox import Inbox
from framework.core.mailboxes.observation import ObservedEmission
from framework.core.matching.emissions import infer_emissions
from framework.core.matching.interests import Interest, Interests
from framework.observe import Edge, Graph, Node, NodeKey

EventName = tuple[str, str | None]
"""Class name and event name; None for events of the class that no case names."""


@dataclass(frozen=True, slots=True)
class _Traffic:
    """The senders of one kind of event (with whether that was seen), and its recipients."""

    emitted_by: Mapping[str, bool]
    received_by: tuple[str, ...]


def routing(name: str, interests: Mapping[Inbox, Interests], observed: Collection[ObservedEmission]) -> Graph:
    """Return the graph of processors and events, and of builders and their targets.

    An event that is emitted and has no recipient has `missing=True`; one that is wanted and not emitted by any
    processor, hence must come from outside, has the detail `source`. `observed` are emissions that were seen.
    """
    nodes = [_processor(inbox, wanted) for inbox, wanted in interests.items()]
    edges: list[Edge] = []
    all_traffic = _traffic(interests, observed)
    labels = Counter(_label(event) for event in all_traffic)
    for event, traffic in all_traffic.items():
        key: NodeKey = ("event", *event)
        label = _label(event) if labels[_label(event)] == 1 or event[1] is None else f"{event[0]} {event[1]!r}"
        details = {} if traffic.emitted_by else {"source": "outside"}
        nodes.append(Node(key, "event", label, missing=not traffic.received_by, details=details))
        edges += [Edge(sender, key, "emits", seen) for sender, seen in traffic.emitted_by.items()]
        edges += [Edge(key, receiver, "receives") for receiver in traffic.received_by]
    targets, dependent = dependencies(interests, observed)
    return Graph(name, (*nodes, *targets), (*edges, *dependent))


def _label(event: EventName) -> str:
    return event[1] or event[0]


def _processor(inbox: Inbox, wanted: Interests) -> Node:
    processor = inbox.processor
    details = {"class": type(processor).__qualname__, "priority": processor.priority, "receives": str(wanted)}
    if not is_builder(processor):
        return Node(inbox.name, "processor", inbox.name, details=details)
    details["persist"] = bool(getattr(processor, "persist", False))
    return Node(inbox.name, "builder", inbox.name, details=details)


def _traffic(interests: Mapping[Inbox, Interests], observed: Iterable[ObservedEmission]) -> dict[EventName, _Traffic]:
    emitted: dict[EventName, dict[str, bool]] = {}
    inferred = {cls: infer_emissions(cls) for cls in {type(inbox.processor) for inbox in interests}}
    for inbox in interests:
        for emission in inferred[type(inbox.processor)]:
            emitted.setdefault((emission.class_name, emission.name), {})[inbox.name] = False
    for sender, class_name, event_name, _ in observed:
        emitted.setdefault((class_name, event_name), {})[sender] = True
    wanted = dict.fromkeys(_wanted(interests.values()))
    ancestors = _ancestors()
    # An interest in a whole class gets no node where events of that class are emitted under their names.
    specific = [event for event in wanted if event[1] is not None or not _covers_any(event, emitted, ancestors)]
    events = dict.fromkeys([*emitted, *(event for event in specific if event not in emitted)])
    return {
        event: _Traffic(
            emitted.get(event, {}),
            tuple(
                inbox.name
                for inbox, wants in interests.items()
                if any(_takes(interest, event, ancestors) for interest in wants)
            ),
        )
        for event in events
        if event[1] not in CONTROL and not is_protocol(event[0])
    }


def _wanted(all_interests: Iterable[Interests]) -> Iterator[EventName]:
    for interests in all_interests:
        for interest in interests:
            if interest.class_name is not None:
                yield interest.class_name, interest.name


def _takes(interest: Interest, event: EventName, ancestors: Mapping[str, frozenset[str]]) -> bool:
    class_name, name = event
    fits = interest.class_name is None or interest.class_name in ancestors.get(class_name, {class_name})
    return fits and interest.name in (None, name)


def _covers_any(event: EventName, emitted: Iterable[EventName], ancestors: Mapping[str, frozenset[str]]) -> bool:
    return any(event[0] in ancestors.get(class_name, {class_name}) for class_name, _ in emitted)


def _ancestors() -> dict[str, frozenset[str]]:
    """Return the names of every known event class and of its bases, by the name of the class."""
    found: dict[str, frozenset[str]] = {}
    classes: list[type] = [Event]
    while classes:
        cls = classes.pop()
        found[cls.__name__] = frozenset(base.__name__ for base in cls.__mro__)
        classes += cls.__subclasses__()
    return found
