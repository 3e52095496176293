"""`Evidence`: what the findings of a pipeline are drawn from, as plain data."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from framework.core.driving.phase_loops import PhaseLoop
from framework.core.event import CONTROL
from framework.core.mailboxes.handler import Handler, Unfinished
from framework.core.mailboxes.inbox import Inbox
from framework.core.matching.interests import Interests
from framework.observe import Failures, PhaseReport, Snapshot
from framework.observe.profile import ProcessorReport
from framework.observe.recording.dead_letters import DeadLetterCount
from framework.observe.recording.forgotten import Forgotten
from framework.observe.recording.history import Delivery, History, Submission, read
from framework.observe.recording.log import Kept


@dataclass(frozen=True)
class Evidence:
    """One pipeline at one moment; `history` is None where none is kept, `leaked` counts holds by processor."""

    interests: Mapping[Inbox, Interests]
    history: History | None
    dead_letters: DeadLetterCount
    failures: Failures
    phases: tuple[PhaseReport, ...]
    snapshot: Snapshot
    unfinished: tuple[Unfinished, ...]
    elapsed: float
    loop: PhaseLoop | None = None
    leaked: Mapping[str, int] = field(default_factory=dict)
    totals: Mapping[str, ProcessorReport] = field(default_factory=dict)
    """The counters of each processor, which outlast the rows of the history."""
    undelivered: Mapping[str, int] = field(default_factory=dict)
    """The events of each processor that wait, or were dropped by a stop."""

    @cached_property
    def _kept(self) -> Kept | None:
        """What the history knows at one moment, since every kind looks at it, while rows may be dropped."""
        return None if self.history is None else self.history.log.kept()

    @cached_property
    def _rows(self) -> list[Submission | Delivery]:
        """The rows, which are read where a kind asks for them: a million take seconds."""
        return [] if self.history is None or self._kept is None else read(self.history, self._kept)

    @cached_property
    def deliveries(self) -> list[Delivery]:
        """The deliveries that are kept."""
        return [one for one in self._rows if isinstance(one, Delivery)]

    @cached_property
    def submissions(self) -> list[Submission]:
        """The submissions that are kept."""
        return [one for one in self._rows if isinstance(one, Submission)]

    @cached_property
    def forgotten(self) -> Forgotten:
        """What is known of the rows that the history dropped."""
        return Forgotten() if self._kept is None else self._kept.forgotten

    @cached_property
    def processors(self) -> Mapping[str, Handler]:
        """The processors by name."""
        return {inbox.name: inbox.processor for inbox in self.interests}

    @cached_property
    def sent(self) -> Counter[tuple[type, str | None]]:
        """How many events there were, by class and name, dropped rows included; without control events."""
        found = Counter((one.cls, one.name) for one in self.submissions if one.name not in CONTROL)
        for one, count in self.forgotten.sent.items():
            if one.name not in CONTROL:
                found[one.cls, one.name] += count
        return found

    @cached_property
    def by_processor(self) -> Mapping[str, list[Delivery]]:
        """The deliveries of each processor, without those of control events and of rows that were dropped."""
        found: defaultdict[str, list[Delivery]] = defaultdict(list)
        for one in self.deliveries:
            if one.submission is not None and one.name not in CONTROL:
                found[one.processor].append(one)
        return found

    def by_kind(self, processor: str) -> Iterator[tuple[tuple[type, str | None], list[Delivery]]]:
        """Yield the deliveries of a processor by class and name of the event."""
        found: defaultdict[tuple[type, str | None], list[Delivery]] = defaultdict(list)
        for one in self.by_processor.get(processor, ()):
            if one.submission is not None:
                found[one.submission.cls, one.name].append(one)
        yield from found.items()

    def taken(self, processor: str) -> frozenset[str] | None:
        """Return the places of the cases that took an event of a processor; None where rows or guards leave it open."""
        if self.history is None or self.forgotten.full:
            return None
        kept = [one.case for one in self.by_processor.get(processor, ())]
        dropped = [one.case for one in self.forgotten.taken if one.processor == processor]
        places = [place for place in (*kept, *dropped) if place is not False]
        return frozenset(map(str, places)) if all(isinstance(place, str) for place in places) else None
