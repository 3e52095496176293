"""Deliveries that no `case` took: the nearest pattern, and the part of it that kept the event out."""

from __future__ import annotations

from collections.abc import Iterator

from framework.core.inspection.explain import explain_delivery
from framework.core.inspection.findings.evidence import Evidence
from framework.observe.findings import Finding, times
from framework.observe.recording.dead_letters import NO_RECIPIENT


def fallen(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each processor and name of event whose deliveries fell through every `case`."""
    inboxes = {inbox.name: inbox for inbox in evidence.interests}
    for letter in evidence.dead_letters:
        inbox = inboxes.get(letter.processor or "")
        if letter.reason == NO_RECIPIENT or inbox is None:
            continue
        event = letter.event
        row = None if event is None else explain_delivery(event, inbox)
        because = "" if row is None else f": {row.reason.removeprefix('falls through: ')}"
        yield Finding(
            "delivery without a case",
            f"no case of {inbox.name} takes {times(letter.count, 'delivery')} of {letter.kind} {letter.name!r}"
            f"{because}",
            "" if row is None else row.where,
            inbox.name,
            letter.count,
            letter.examples,
            "widen the pattern, or add a case that says what to do with such events",
        )
