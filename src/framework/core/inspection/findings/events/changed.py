"""Events that were changed while others received them, or after they were submitted."""

from __future__ import annotations

from collections.abc import Iterator

from framework.core.inspection.findings.evidence import Evidence
from framework.core.inspection.findings.places import changed_at, submitted_at
from framework.observe.findings import Finding, times
from framework.observe.recording.history import Delivery, Submission

ChangeKey = tuple[str, str | None, str]
"""Who changed it, the name of the event, and the attribute."""


def changed(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each processor that changed an event, or a value in it, that another received."""
    seen: dict[int, set[str]] = {}
    groups: dict[ChangeKey, list[Delivery]] = {}
    touching = [one for one in evidence.deliveries if one.changed]
    for delivery in evidence.deliveries:
        sent = delivery.submission
        if sent is None or not (delivery.changed or delivery.came_changed):
            continue
        known = seen.setdefault(id(sent), set())
        for attribute in delivery.came_changed:
            if attribute not in known:
                who = _who(touching, sent, delivery) or sent.sender or "the sender"
                groups.setdefault((who, sent.name, attribute), []).append(delivery)
        if len(sent.recipients) > 1:
            for attribute in delivery.changed:
                if attribute not in known:
                    who = _likely(evidence, sent, attribute, delivery.processor)
                    groups.setdefault((who, sent.name, attribute), []).append(delivery)
        known.update(delivery.changed, delivery.came_changed)
    for change, deliveries in groups.items():
        yield _finding(evidence, change, deliveries)


def _who(touching: list[Delivery], sent: Submission, delivery: Delivery) -> str | None:
    """Return who changed a value of its own event between the submission of another and its delivery."""
    begun = delivery.at - delivery.seconds
    found = (one.processor for one in touching if sent.at <= one.at and one.at - one.seconds <= begun)
    return next((name for name in found if name != delivery.processor), None)


def _likely(evidence: Evidence, sent: Submission, attribute: str, name: str) -> str:
    """Return the recipient whose code changes the attribute, where two were at work at once."""
    for candidate in (name, *sent.recipients):
        if changed_at(evidence.processors.get(candidate), attribute, exactly=True):
            return candidate
    return name


def _finding(evidence: Evidence, change: ChangeKey, deliveries: list[Delivery]) -> Finding:
    name, event, attribute = change
    first = deliveries[0].submission
    processor = evidence.processors.get(name)
    readers = dict.fromkeys(one.processor for one in deliveries if one.processor != name)
    others = list(readers) or [one for one in (first.recipients if first else ()) if one != name]
    what = f"{attribute!r} of {times(len(deliveries), 'event')} {event!r}"
    where = changed_at(processor, attribute)
    if first is not None and first.sender == name and name not in first.recipients:
        line = submitted_at(processor, first.kind, event)
        text = f"{name} went on changing {what} after it had submitted them{f' at {line}' if line else ''}, before "
        text += f"{' and '.join(others)} received them"
        where = line or where
    else:
        text = f"{name} changed {what} that {' and '.join(others)} received as well"
    examples = () if first is None else (repr(first),)
    remedy = "submit a new event instead, or copy the value before changing it"
    return Finding("changed event", text, where, name, len(deliveries), examples, remedy)
