"""One event handled by two processors because the pattern of one names a base of the class in the other's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from framework.core.event import CONTROL, Event
from framework.core.inspection.findings.evidence import Evidence
from framework.core.reactive_event import ReactiveEvent
from framework.observe.findings import Finding, times


def overlaps(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each event class that one processor takes as itself and another as a base of it."""
    wanted = {inbox.name: {one.class_name for one in interests} for inbox, interests in evidence.interests.items()}
    taken: defaultdict[type, dict[str, str]] = defaultdict(dict)
    for delivery in evidence.deliveries:
        sent = delivery.submission
        if sent is not None and sent.name not in CONTROL and isinstance(delivery.case, str):
            taken[sent.cls][delivery.processor] = delivery.case
    for cls, places in taken.items():
        if issubclass(cls, ReactiveEvent):
            continue
        bases = [base.__name__ for base in cls.__mro__[1:] if base not in (Event, object)]
        own = [name for name in places if cls.__name__ in wanted[name]]
        for name in places:
            base = next((base for base in bases if base in wanted[name]), None)
            if not own or base is None or cls.__name__ in wanted[name]:
                continue
            count = sum(1 for sent in evidence.submissions if sent.cls is cls)
            yield Finding(
                "handled twice",
                f"{own[0]} handled {times(count, 'event')} {cls.__name__}, and {name} did too, because {base} "
                f"at {places[name]} is a base of {cls.__name__}",
                places[name],
                name,
                count,
                severity="notable",
                remedy=f"if one of them is meant, put the case of {cls.__name__} first or leave the base out",
            )
