"""`History`: what happened in a pipeline, kept from its first event on, and the answers that it gives after the run."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakSet

from framework.observe.findings import times
from framework.observe.frames import typed_frame
from framework.observe.recording.dead_letters import DeadLetterCount, DeadLetters
from framework.observe.recording.forgotten import Row
from framework.observe.recording.frozen import attributes_text, event_text, frozen_attributes, revived
from framework.observe.recording.history_limit import MAX_BYTES, checked_bytes
from framework.observe.recording.log import DeliveryNotes, Kept, Log, ordered

if TYPE_CHECKING:
    import pandas as pd

_ORDINARY = DeliveryNotes()
_COLUMNS = {
    "at": "float64",
    "what": "object",
    "phase": "int64",
    "processor": "object",
    "event": "object",
    "name": "object",
    "attributes": "object",
    "recipients": "object",
    "emitted": "Int64",
    "case": "object",
    "seconds": "float64",
    "error": "object",
}


@dataclass(frozen=True, slots=True, eq=False)
class Submission:
    """An event that entered mailboxes; one without recipients is a dead letter.

    `attributes` are those at that moment, where a value that can change is replaced by a description. `sender` and
    `cause` are None for a submit from outside. `at` counts seconds from the start of the history.
    """

    cls: type
    attributes: dict[str, Any]
    sender: str | None
    cause: Submission | None
    recipients: tuple[str, ...]
    phase: int
    at: float

    @property
    def kind(self) -> str:
        """The name of the class of the event."""
        return self.cls.__name__

    @property
    def name(self) -> str | None:
        """The name of the event."""
        return self.attributes.get("name")

    @property
    def event(self) -> Any:
        """An event with the attributes of then; None if one of them was kept as a description only."""
        return revived(self.cls, self.attributes)

    def __repr__(self) -> str:
        to = ", ".join(self.recipients) or "no recipient"
        return f"{event_text(self.kind, self.attributes)} from {self.sender or 'outside'} to {to}"


@dataclass(frozen=True, slots=True, eq=False)
class Delivery:
    """One call of `process`.

    `submission` is None if its row was dropped. `case` is the place of the `case` that took the event; True if one did
    and a guard decides which, False if none did, None if that cannot be told without running guards. `recorded` is when
    the record was made that answered it (Unix time), None if it was computed. `changed` names the attributes that
    differed after it from before it, `came_changed` those that differed from the submission when it began; both of
    events with several recipients or with values that can change. `emitted` counts submitted events, `seconds` is the
    time it took, `caught` are exceptions that code of the user caught.
    """

    processor: str
    submission: Submission | None
    phase: int
    at: float
    seconds: float
    emitted: int
    case: str | bool | None
    recorded: float | None = None
    error: BaseException | None = None
    changed: tuple[str, ...] = ()
    came_changed: tuple[str, ...] = ()
    caught: tuple[Any, ...] = ()

    @property
    def replayed(self) -> bool:
        """Whether it was answered from an archive."""
        return self.recorded is not None

    @property
    def event(self) -> Any:
        """An event with the attributes of then; None if they are not known."""
        return None if self.submission is None else self.submission.event

    @property
    def name(self) -> str | None:
        """The name of the event."""
        return None if self.submission is None else self.submission.name

    def __repr__(self) -> str:
        came = f"raised {type(self.error).__name__}" if self.error is not None else f"emitted {self.emitted}"
        sent = self.submission
        return f"{self.processor} {came} on {'?' if sent is None else event_text(sent.kind, sent.attributes)}"


class History:
    """What happened, the oldest dropped first: obtained from `pipeline.history`.

    It is kept from the first event on where `framework.notebook` is loaded or `Pipeline(history=True)` asks for it, and
    bounded by `max_bytes`, an estimate; `dropped` counts the rows that had to go. Values that cannot change are kept as
    they are, others as a bounded description, so that looking back never shows a value as it became later::

        pipeline.history.deliveries("Tax", emitted=0)
        pipeline.history.lineage(event)
        pipeline.history.frame()
    """

    _alive: ClassVar[WeakSet[History]] = WeakSet()
    """Every history there is, so that the lineage of an event can be asked for by the event alone."""

    def __init__(self, max_bytes: float = MAX_BYTES, dead_letters: DeadLetters | None = None) -> None:
        """Start empty.

        Args:
            max_bytes: about how much memory the history may take.
            dead_letters: where the runtime counts them.

        Raises:
            OptionError: `max_bytes` is not positive.
        """
        self.started = time.perf_counter()
        self.log = Log(checked_bytes(max_bytes))
        self._dead_letters = dead_letters or DeadLetters()
        History._alive.add(self)

    @property
    def dropped(self) -> int:
        """How many rows were dropped to stay within the bound."""
        return self.log.dropped

    @property
    def dead_letters(self) -> DeadLetterCount:
        """Events without recipients and deliveries that no `case` took: a count that iterates by class and name."""
        return self._dead_letters.count()

    def events(self, name: str | None = None, *, kind: str | None = None, phase: int | None = None) -> list[Submission]:
        """Return the submissions that are kept, oldest first.

        Args:
            name: only events of this name.
            kind: only events of the class of this name.
            phase: only those of this phase.
        """
        return [
            one
            for one in self._read()
            if isinstance(one, Submission)
            and (name is None or one.name == name)
            and (kind is None or one.kind == kind)
            and (phase is None or one.phase == phase)
        ]

    def deliveries(  # noqa: PLR0913 - each is one filter
        self,
        processor: str | None = None,
        *,
        name: str | None = None,
        emitted: int | None = None,
        phase: int | None = None,
        failed: bool | None = None,
        replayed: bool | None = None,
    ) -> list[Delivery]:
        """Return the deliveries that are kept, oldest first.

        Args:
            processor: only those of the processor of this name.
            name: only those of events of this name.
            emitted: only those that submitted so many events; 0 finds the silent ones.
            phase: only those of this phase.
            failed: only those that raised, or only the others.
            replayed: only those answered from an archive, or only the others.
        """
        return [
            one
            for one in self._read()
            if isinstance(one, Delivery)
            and (processor is None or one.processor == processor)
            and (name is None or one.name == name)
            and (emitted is None or one.emitted == emitted)
            and (phase is None or one.phase == phase)
            and (failed is None or (one.error is not None) == failed)
            and (replayed is None or one.replayed == replayed)
        ]

    def lineage(self, event: Any) -> list[Submission]:
        """Return the submission of `event`, that of its cause, and so on back to the outside.

        Empty when the event was never submitted, or its row was dropped.
        """
        chain = self.causes(event)
        if not chain:
            return []
        # The id may be that of an event that is gone: then the attributes differ, other than by a change that was seen.
        changed: set[str] = set()
        for is_delivery, row in self.log.rows():
            if is_delivery and row[1] == id(event) and row[-1] is not None:
                changed.update(row[-1].changed, row[-1].came_changed)
        return chain if _agrees(event, chain[0].cls, chain[0].attributes, changed) else []

    def frame(self) -> pd.DataFrame:
        """Return one row per submission and delivery, oldest first.

        Columns: at (s), what ("submitted", "delivered", "failed", "replayed"), phase, processor (the sender, or the one
        that handled it; None outside), event (its class), name, attributes (text), recipients, emitted, case, seconds,
        error.
        """
        return typed_frame(map(_in_frame, self._read()), _COLUMNS)

    def __len__(self) -> int:
        return sum(self.log.counts())

    def __repr__(self) -> str:
        events, deliveries = self.log.counts()
        dropped = f", {self.dropped:,} older rows dropped" if self.dropped else ""
        return f"<History: {times(events, 'event')}, {times(deliveries, 'delivery')}{dropped}>"

    def causes(self, event: Any) -> list[Submission]:
        """As `lineage`, found from the newest row on: quick for an event of just now."""
        number, before = id(event), time.perf_counter()
        chain: list[Submission] = []
        while number and (row := self.log.latest(number, before)) is not None:
            # The id may be that of another event, if the row of this one was dropped; `event` tells, a cause does not.
            if row[0] <= self.log.horizon and (chain or not _agrees(event, row[2], row[3], set())):
                break
            chain.append(self._submission(row, None))
            number, before = row[5], row[0]
        return chain

    def _submission(self, row: Row, cause: Submission | None) -> Submission:
        at, _, kind, attributes, sender, _, recipients, phase = row
        names = tuple(recipient.name for recipient in recipients)
        return Submission(kind, attributes, sender, cause, names, phase, at - self.started)

    def _read(self, kept: Kept | None = None) -> Iterator[Submission | Delivery]:
        latest: dict[int, Submission] = {}  # an id belongs to the event that was submitted last under it
        known: dict[tuple[float, int], Submission] = {}  # those of odd deliveries that were dropped may be kept as well
        kept = self.log.kept() if kept is None else kept
        horizon, odd = kept.horizon, len(kept.forgotten.odd)
        for place, (is_delivery, row) in enumerate(itertools.chain(kept.forgotten.odd, ordered(kept.chunks))):
            if place == odd:
                latest.clear()
            if is_delivery:
                at, number, recipient, phase, *outcome, special = row
                sent, since = latest.get(number), at - self.started
                yield Delivery(recipient, sent, phase, since, *outcome, *(special or _ORDINARY)[:-1])
                continue
            one = known.get(row[:2])
            if one is None:
                one = self._submission(row, latest.get(row[5]))
                yield one
            if place < odd:
                known[row[:2]] = one
            if row[0] > horizon or place < odd:
                latest[row[1]] = one


def read(history: History, kept: Kept) -> list[Submission | Delivery]:
    """Return the rows of what `history.log.kept()` returned."""
    return list(history._read(kept))  # noqa: SLF001 - of the class above


def _agrees(event: Any, cls: type, attributes: dict[str, Any], changed: set[str]) -> bool:
    """Whether a submission can be that of an event, of which these attributes were changed since."""
    now = frozen_attributes(event.__dict__)
    return cls is type(event) and all(
        name in changed or now.get(name) is value or now.get(name) == value for name, value in attributes.items()
    )


def _in_frame(one: Submission | Delivery) -> tuple[object, ...]:
    if isinstance(one, Submission):
        text, to = attributes_text(one.attributes), ", ".join(one.recipients)
        return one.at, "submitted", one.phase, one.sender, one.kind, one.name, text, to, None, None, None, None
    sent = one.submission
    kind, text = (None, "") if sent is None else (sent.kind, attributes_text(sent.attributes))
    error = None if one.error is None else type(one.error).__name__
    what = "failed" if error else "replayed" if one.replayed else "delivered"
    return one.at, what, one.phase, one.processor, kind, one.name, text, "", one.emitted, one.case, one.seconds, error
