"""Events that no processor receives: the nearest name that one does receive, and the place of its `case`."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from framework.core.inspection.findings.evidence import Evidence
from framework.core.mailboxes.inbox import Inbox
from framework.core.matching.cases import cases_of
from framework.core.matching.interests import pairs_of
from framework.core.reactive_event import ReactiveEvent
from framework.errors import SourceUnavailable
from framework.observe.findings import Finding, times
from framework.observe.recording.dead_letters import NO_RECIPIENT


def unheard(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each class and name of event that reached no processor."""
    received = _received(evidence)
    for letter in evidence.dead_letters:
        if letter.reason != NO_RECIPIENT or issubclass(letter.cls, ReactiveEvent):
            continue
        near = difflib.get_close_matches(str(letter.name), [name for name in received if name], n=1)
        log = None if evidence.history is None else evidence.history.log
        sender = None if log is None else next(log.senders(letter.cls, letter.name), None)
        by = f" that {sender} submitted" if sender else ""
        text = f"no processor receives {times(letter.count, 'event')} {letter.kind} {letter.name!r}{by}"
        if not near:
            yield Finding(
                "unheard event",
                text,
                processor=sender,
                count=letter.count,
                examples=letter.examples,
                remedy=f"add a processor with `case {letter.kind}(name={letter.name!r})`, or submit it no more",
            )
            continue
        inbox, where = received[near[0]]
        yield Finding(
            "unheard event",
            f"{text}; did you mean {near[0]!r}, which {inbox.name} receives at {where or 'its process'}",
            where,
            sender,
            letter.count,
            letter.examples,
            "give both the same name",
        )


def _received(evidence: Evidence) -> dict[str | None, tuple[Inbox, str]]:
    """The event names that processors receive, with the place of the first `case`."""
    found: dict[str | None, tuple[Inbox, str]] = {}
    for inbox, interests in evidence.interests.items():
        places = _places(inbox)
        for interest in interests:
            found.setdefault(interest.name, (inbox, places.get((interest.class_name, interest.name), "")))
    return found


def _places(inbox: Inbox) -> dict[tuple[str | None, str | None], str]:
    try:
        cases = cases_of(inbox.processor.process, type(inbox.processor))
    except SourceUnavailable:
        return {}
    return {pair: case.where for case in reversed(cases) for pair in pairs_of(case)}
