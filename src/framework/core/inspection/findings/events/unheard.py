"""Events that no processor receives: the nearest name that one does receive, and the place of its `case`."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterator, Mapping

from framework.core.archives import keeps_results
from framework.core.inspection.findings.evidence import Evidence
from framework.core.inspection.findings.places import case_of_name, submitted_at
from framework.core.mailboxes.inbox import Inbox
from framework.core.reactive_event import ReactiveEvent
from framework.observe.findings import Finding, times
from framework.observe.recording.dead_letters import NO_RECIPIENT
from framework.observe.recording.forgotten import Sent
from framework.observe.recording.history import Submission
from framework.observe.text import nearest_name

NEARLY_THE_SAME = 0.8  # of the letters: where a processor that takes everything does receive the event


def unheard(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each class and name of event that reached no processor."""
    received = _received(evidence) if evidence.dead_letters else {}
    for letter in evidence.dead_letters:
        if letter.reason != NO_RECIPIENT or issubclass(letter.cls, ReactiveEvent):
            continue
        log = None if evidence.history is None else evidence.history.log
        sender = None if log is None else next(log.senders(letter.cls, letter.name), None)
        subject = f"no processor receives {times(letter.count, 'event')} {letter.kind} {letter.name!r}"
        near = nearest_name(letter.name, [name for name in received if name])
        processor = evidence.processors.get(sender or "")
        if near is None and processor is not None and keeps_results(processor):
            continue  # it is read from the archive
        yield _finding(evidence, subject, (letter.kind, letter.name), sender, received.get(near), near, letter.count)


def overheard(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each event that only processors receive which take everything, beside a name never sent."""
    if evidence.forgotten.full or not any(wanted.generic for wanted in evidence.interests.values()):
        return  # a name that is not known may have been sent
    received = _received(evidence)
    sent = {name for _, name in evidence.sent}
    missed = [name for name in received if name and name not in sent]
    for (cls, name), count in evidence.sent.items():
        if name in received or issubclass(cls, ReactiveEvent) or not missed or _is_named(evidence, cls):
            continue
        near = nearest_name(name, missed)
        if near is None or difflib.SequenceMatcher(None, str(name), near).ratio() < NEARLY_THE_SAME:
            continue
        known: Iterator[Submission | Sent] = itertools.chain(evidence.submissions, evidence.forgotten.sent)
        first = next(one for one in known if (one.cls, one.name) == (cls, name))
        subject = (
            f"only {' and '.join(first.recipients)}, which takes everything, receives {times(count, 'event')} "
            f"{cls.__name__} {name!r}"
        )
        yield _finding(evidence, subject, (cls.__name__, name), first.sender, received[near], near, count)


def _finding(  # noqa: PLR0913, PLR0917 - the facts of one finding
    evidence: Evidence,
    subject: str,
    event: tuple[str, str | None],
    sender: str | None,
    receiver: Inbox | None,
    near: str | None,
    count: int,
) -> Finding:
    kind, name = event
    line = submitted_at(evidence.processors.get(sender or ""), kind, name)
    text = subject + (f" that {sender} submitted{f' at {line}' if line else ''}" if sender else "")
    remedy = f"add a processor with `case {kind}(name={name!r})`, or submit it no more"
    received_at = "" if receiver is None else case_of_name(receiver.processor, near)
    if receiver is not None:
        text += f"; did you mean {near!r}, which {receiver.name} receives at {received_at or 'its process'}"
        remedy = "give both the same name"
    examples = next((one.examples for one in evidence.dead_letters if (one.kind, one.name) == event), ())
    return Finding("unheard event", text, received_at or line, sender, count, examples, remedy)


def _is_named(evidence: Evidence, cls: type) -> bool:
    """Whether a processor names the class of the event, with any name."""
    names = {base.__name__ for base in cls.__mro__}
    return any(one.class_name in names and one.name is None for wanted in evidence.interests.values() for one in wanted)


def _received(evidence: Evidence) -> Mapping[str | None, Inbox]:
    """The event names that processors receive, with the first that does."""
    return {one.name: inbox for inbox, wanted in reversed([*evidence.interests.items()]) for one in wanted}
