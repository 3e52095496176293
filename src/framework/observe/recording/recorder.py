"""`Recorder`: a bounded history of happenings, and the causes of each event."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakSet

from framework.errors import OptionError
from framework.observe.findings import times
from framework.observe.frames import Schema, typed_frame
from framework.observe.happenings import (
    DeliveryFailed,
    DeliveryFinished,
    EventSubmitted,
    Happening,
    ItemFinished,
    PhaseSettled,
    WorkersScaled,
)
from framework.observe.reports import PhaseReport
from framework.observe.text import short_repr

if TYPE_CHECKING:
    import pandas as pd

MEGABYTE = 1024 * 1024
TRACE: Schema = {
    "number": "int64",
    "seconds": "float64",
    "phase": "Int64",
    "what": "string",
    "processor": "string",
    "event": "string",
    "cause": "string",
    "recipients": "string",
    "elapsed": "float64",
    "detail": "string",
}
ROW_BYTES = 700  # a record with its happening, tuple and index entries, measured with tracemalloc


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event without recipients, or a delivery that fell through every `case` of its processor."""

    event: Any
    reason: str
    phase: int


@dataclass(frozen=True, slots=True)
class RecordedHappening:
    """One happening and the repr that its event or item had at that moment."""

    number: int
    happening: Happening
    text: str


class Recorder:
    """Keeps happenings, the newest ones where not all fit: `pipeline.observe(Recorder())`.

    History is bounded by `max_bytes` (an estimate); `dropped` counts the records that had to go. Reprs are frozen when
    something happens, so that looking back never shows an object as it became later.
    """

    _wants_matches = True
    _alive: ClassVar[WeakSet[Recorder]] = WeakSet()
    """Every recorder there is, so that the lineage of an event can be asked for by the event alone."""

    def __init__(self, max_bytes: int = 64 * MEGABYTE) -> None:
        """Make an empty history.

        Args:
            max_bytes: about how much memory the history may take.

        Raises:
            OptionError: `max_bytes` is not positive.
        """
        if not isinstance(max_bytes, int | float) or not max_bytes > 0:
            raise OptionError(f"max_bytes must be positive, got {max_bytes!r}: Recorder(64 * 1024 * 1024)")
        self.max_bytes = max_bytes
        self.dropped = 0
        self._records: deque[RecordedHappening] = deque()
        self._weights: deque[int] = deque()
        self._bytes = 0
        self._number = 0
        self._origins: dict[int, EventSubmitted] = {}
        self._dead: deque[DeadLetter] = deque()
        # Contended by every worker of a watched run; held for a few microseconds each time.
        self._lock = threading.Lock()
        Recorder._alive.add(self)

    def __call__(self, happening: Happening) -> None:
        """Keep one happening; runtimes call this."""
        subject = getattr(happening, "event", None)
        if subject is None and isinstance(happening, ItemFinished):
            subject = happening.item
        text = "" if subject is None else short_repr(subject)
        held = tuple(getattr(subject, "__dict__", {}).values())  # a copy: the processor may be changing the event
        weight = ROW_BYTES + len(text) + sum(map(_own_bytes, held))
        with self._lock:
            self._number += 1
            self._records.append(RecordedHappening(self._number, happening, text))
            self._weights.append(weight)
            self._bytes += weight
            self._index(happening)
            while self._bytes > self.max_bytes and len(self._records) > 1:
                self._forget_oldest()

    def __len__(self) -> int:
        return len(self._records)

    def __repr__(self) -> str:
        dropped = f", {self.dropped:,} older ones dropped" if self.dropped else ""
        return f"<Recorder: {times(len(self), 'record')}{dropped}>"

    @property
    def records(self) -> tuple[RecordedHappening, ...]:
        """Return all that is kept, oldest first."""
        with self._lock:
            return tuple(self._records)

    @property
    def dead_letters(self) -> tuple[DeadLetter, ...]:
        """Events without recipients and deliveries that fell through every `case`."""
        with self._lock:
            return tuple(self._dead)

    def events(self, phase: int | None = None, name: str | None = None) -> list[Any]:
        """Return the submitted events that are kept, in order, of one phase or one name where asked for."""
        return [
            record.happening.event
            for record in self.records
            if isinstance(record.happening, EventSubmitted)
            and (phase is None or record.happening.phase == phase)
            and (name is None or getattr(record.happening.event, "name", None) == name)
        ]

    def lineage(self, event: Any) -> list[EventSubmitted]:
        """Return the submission of `event`, then that of its cause, back to the one from outside.

        Empty when the event was not recorded.
        """
        chain: dict[int, EventSubmitted] = {}
        with self._lock:
            origin = self._origins.get(id(event))
            while origin is not None and id(origin) not in chain:
                chain[id(origin)] = origin
                origin = self._origins.get(id(origin.cause)) if origin.cause is not None else None
        return [*chain.values()]

    def frame(self) -> pd.DataFrame:
        """Return one row per record, as `framework.notebook.trace_frame` does."""
        records = self.records
        texts = {
            id(record.happening.event): record.text
            for record in records
            if isinstance(record.happening, EventSubmitted)
        }
        start = records[0].happening.at if records else 0.0
        return typed_frame((_trace_row(record, start, texts) for record in records), TRACE)

    def _index(self, happening: Happening) -> None:
        match happening:
            case EventSubmitted(event=event, recipients=recipients, phase=phase):
                # The event is kept alive by its record, so that its id stays its own.
                self._origins.setdefault(id(event), happening)
                if not recipients:
                    self._dead.append(DeadLetter(event, "no processor is interested", phase))
            case DeliveryFinished(processor=processor, event=event, phase=phase, matched=False):
                self._dead.append(DeadLetter(event, f"fell through every case of {processor}", phase))

    def _forget_oldest(self) -> None:
        record = self._records.popleft()
        self._bytes -= self._weights.popleft()
        self.dropped += 1
        match record.happening:
            case EventSubmitted(event=event, recipients=recipients) as submitted:
                if self._origins.get(id(event)) is submitted:
                    del self._origins[id(event)]
                if not recipients:
                    self._dead.popleft()  # they are kept in the order of their records: the oldest is that of this one
            case DeliveryFinished(matched=False):
                self._dead.popleft()


def _own_bytes(value: object) -> int:
    try:
        size = getattr(value, "nbytes", None)
        if isinstance(size, int):
            return size
        return value.__sizeof__() if isinstance(value, str | bytes | bytearray | list | tuple | dict | set) else 0
    except Exception:  # noqa: BLE001 - a user's value may raise anything; this is an estimate
        return 0


def _trace_row(record: RecordedHappening, start: float, texts: dict[int, str]) -> tuple[object, ...]:
    happening = record.happening
    cause = getattr(happening, "cause", None)
    who = getattr(happening, "processor", None) or getattr(happening, "sender", None) or getattr(happening, "job", None)
    report = getattr(happening, "report", None)
    return (
        record.number,
        happening.at - start,
        getattr(happening, "phase", getattr(report, "phase", None)),
        type(happening).__name__,
        who,
        record.text or None,
        None if cause is None else texts.get(id(cause), "not recorded"),
        ", ".join(happening.recipients) if isinstance(happening, EventSubmitted) else None,
        getattr(happening, "elapsed", getattr(report, "elapsed", None)),
        _detail(happening),
    )


def _detail(happening: object) -> str | None:
    match happening:
        case DeliveryFailed(failure=failure):
            return failure.summary
        case WorkersScaled(reason=reason):
            return reason
        case PhaseSettled(report=PhaseReport(waiting=waiting)) if waiting:
            return waiting
    return None
