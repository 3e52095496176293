"""`Log`: the newest submissions and deliveries, bounded by their size; each thread writes through a `LogWriter`.

Rows are runs of values in flat lists, because an object per row would be visited by the garbage collector again and
again, which doubles the cost. `history` gives the values names when they are read.
"""

from __future__ import annotations

import itertools
import math
import threading
import time
from _thread import get_ident
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from framework.observe.recording.forgotten import Forgotten, Row
from framework.observe.recording.frozen import SCALARS, SHORT, Described, frozen_attributes, weight

SUBMISSION, DELIVERY = 8, 5
"""How many values a submission has: at, id of the event, its class, attributes, sender, id of the cause, recipients,
phase; and a delivery: at, id of the event, its drain, what the recipient has emitted, and the `case` or
`DeliveryNotes`. A drain is (name of the recipient, phase, start, emitted before), which the garbage collector need not
visit."""
CHUNK = 256
FULL_SUBMISSIONS, FULL_DELIVERIES = CHUNK * SUBMISSION, CHUNK * DELIVERY
SUBMISSION_BYTES, DELIVERY_BYTES = 470, 230  # measured with tracemalloc, the copy of the attributes included
_BATCHED_BYTES, _VALUE_BYTES = 64, 28  # of each event in a batch, and of each of its values
_TEXT = {str}
_SMALL = 16  # events of a batch that are written one by one, because columns have a cost of their own
_WRITERS = 64  # beyond that many, those of threads that have ended are closed


class DeliveryNotes(NamedTuple):
    """What is out of the ordinary in a delivery, beside its `case`.

    `recorded` is when the record was made that answered it (Unix time), None for a computed one; `changed` names the
    attributes that differ from before it, `came_changed` those that differed from the submission when it began.
    """

    recorded: float | None = None
    error: BaseException | None = None
    changed: tuple[str, ...] = ()
    came_changed: tuple[str, ...] = ()
    caught: tuple[Any, ...] = ()
    case: str | bool | None = None


class _Columns(NamedTuple):
    """Submissions from outside of events that all have the same attributes, column by column."""

    at: float
    numbers: list[int]
    classes: list[type]
    names: tuple[str, ...]
    values: list[Any]
    recipients: Sequence[tuple[Any, ...]]
    phase: int

    def rows(self) -> list[Any]:
        """Return them one after another, as a writer writes them."""
        count, width = len(self.numbers), len(self.names)
        rows: list[Any] = [self.at, None, None, None, None, 0, None, self.phase] * count
        rows[1::SUBMISSION], rows[2::SUBMISSION], rows[6::SUBMISSION] = self.numbers, self.classes, self.recipients
        parts = zip(*(iter(self.values),) * width, strict=True) if width else itertools.repeat((), count)
        rows[3::SUBMISSION] = [dict(zip(self.names, part, strict=True)) for part in parts]
        return rows


class _Chunk(NamedTuple):
    """What one thread wrote: `sent` are its submissions; `before` is its last delivery before that, or empty."""

    sent: list[Any] | _Columns
    deliveries: list[Any]
    before: Row
    size: int = 0

    @property
    def submissions(self) -> list[Any]:
        """Return the values of all submissions, one after another."""
        return self.sent.rows() if isinstance(self.sent, _Columns) else self.sent

    def told(self) -> Iterator[Row]:
        """Iterate over the deliveries: at, id, recipient, phase, seconds, emitted, case, special or None."""
        last = self.before
        for row in _rows(self.deliveries, DELIVERY):
            at, number, drain, count, outcome = row
            recipient, phase, start, emitted = drain
            if last and last[2] is drain:
                start, emitted = last[0], last[3]
            special = outcome if isinstance(outcome, DeliveryNotes) else None
            case = outcome if special is None else special.case
            yield at, number, recipient, phase, at - start, count - emitted, case, special
            last = row


def _batch(events: Sequence[Any], recipients: Sequence[tuple[Any, ...]], phase: int) -> _Chunk | None:
    """Return the submissions of events as columns; None if their attributes differ, can change or are long texts."""
    at, attributes = time.perf_counter(), [event.__dict__ for event in events]
    names, values = tuple(attributes[0]), [*itertools.chain.from_iterable(map(dict.values, attributes))]
    width = len(names)
    if [*itertools.chain.from_iterable(attributes)] != [*names] * len(events) or len(values) != width * len(events):
        return None
    for place in range(width):
        column = values[place::width]
        kinds = set(map(type, column))
        if not kinds <= SCALARS and (kinds != _TEXT or max(map(len, column)) > SHORT):
            return None
    size = (_BATCHED_BYTES + _VALUE_BYTES * width) * len(events)
    columns = _Columns(at, [*map(id, events)], [*map(type, events)], names, values, recipients, phase)
    return _Chunk(columns, [], (), size)


class LogWriter:
    """Writes what happens on one thread, without a lock; obtained from `log.writer()`.

    `submitted(values)` and `delivered(values)` extend a list, in place of a method that would cost as much again.
    """

    __slots__ = ("_before", "_extra", "delivered", "deliveries", "log", "submissions", "submitted")

    def __init__(self, log: Log) -> None:
        self.log = log
        self._before: Row = ()
        self.deliveries: list[Any] = []
        self._renew()

    def _renew(self) -> None:
        self._extra = 0
        self._before = tuple(self.deliveries[-DELIVERY:]) or self._before
        self.submissions: list[Any] = []
        self.deliveries = []
        self.submitted = self.submissions.extend
        self.delivered = self.deliveries.extend

    def add(self, event: Any, sender: str | None, cause: int, recipients: tuple[Any, ...], phase: int) -> None:
        """Write the submission of an event; `cause` is the id of its cause, or 0."""
        attributes, number, shared = event.__dict__.copy(), id(event), self.log.shared
        for value in attributes.values():
            kind = value.__class__
            if kind is str:
                if len(value) <= SHORT:
                    continue
            elif kind in SCALARS:
                continue
            attributes = self.frozen(attributes)
            break
        if len(recipients) > 1 or attributes.__class__ is Described:
            shared[number] = attributes
        elif shared and number in shared:  # the id of an event that is gone
            shared.pop(number, None)
        self.submitted((time.perf_counter(), number, event.__class__, attributes, sender, cause, recipients, phase))
        self.settle()

    def add_all(self, events: Sequence[Any], recipients: Sequence[tuple[Any, ...]], phase: int) -> None:
        """Write the submissions of events from outside; of equal shape and plain ones in half the time of `add`."""
        apart = len(events) < _SMALL or self.log.shared or max(map(len, recipients)) > 1
        batch = None if apart else _batch(events, recipients, phase)
        if batch is not None:
            self.log.append(batch)
            return
        for event, inboxes in zip(events, recipients, strict=True):
            self.add(event, None, 0, inboxes, phase)

    def frozen(self, attributes: dict[str, Any]) -> dict[str, Any]:
        """Return the attributes of an event with descriptions of the values that can change, or are large."""
        kept = frozen_attributes(attributes)
        self._extra += weight(kept)
        return kept

    def settle(self) -> None:
        """Hand over what was written, if it is enough."""
        if len(self.submissions) >= FULL_SUBMISSIONS or len(self.deliveries) >= FULL_DELIVERIES:
            self.close()

    def close(self) -> None:
        """Hand over what was written, and begin anew."""
        chunk = self.chunk()
        submissions, deliveries = _counts([chunk])
        size = SUBMISSION_BYTES * submissions + DELIVERY_BYTES * deliveries + self._extra
        self.log.append(chunk._replace(size=size), self._renew)

    def chunk(self) -> _Chunk:
        """Return what was written, which may grow."""
        return _Chunk(self.submissions, self.deliveries, self._before)


class Kept(NamedTuple):
    """All that a log knows at one moment; `horizon` is that of the log."""

    chunks: list[_Chunk]
    forgotten: Forgotten
    horizon: float


class Log:
    """Submissions and deliveries in chunks, the oldest chunk dropped first.

    Events are not kept alive: they are known by their `id`, which belongs to the one that was submitted last under it.
    `shared` has the attributes of those with several recipients or with values that can change: there, what one
    delivery changes another may see.
    """

    __slots__ = (
        "_bytes", "_chunks", "_leaving", "_lock", "_writers", "dropped", "forgotten", "horizon", "max_bytes", "shared",
    )  # fmt: skip

    def __init__(self, max_bytes: float) -> None:
        """Start empty; drop the oldest when all take more than so many bytes, as estimated."""
        self.max_bytes = max_bytes
        self.dropped = 0
        self.forgotten = Forgotten()
        self.horizon = -math.inf
        """When the last submission was made that was dropped: an older one need not be the last under its id."""
        self.shared: dict[int, dict[str, Any]] = {}
        self._chunks: deque[_Chunk] = deque()
        self._leaving: list[_Chunk] = []
        """Chunks that are dropped and not counted yet: a reader finds each row here or in `forgotten`."""
        self._writers: dict[int, LogWriter] = {}
        self._bytes = 0
        # Contended once in CHUNK rows, and by readers. What is dropped is freed outside of it, as that may run code.
        self._lock = threading.Lock()

    def writer(self) -> LogWriter:
        """Return what this thread writes through."""
        writer = self._writers.get(get_ident())
        if writer is None:
            if len(self._writers) >= _WRITERS:
                self._close_ended()
            writer = self._writers[get_ident()] = LogWriter(self)
        return writer

    def _close_ended(self) -> None:
        alive = {thread.ident for thread in threading.enumerate()}
        for ident in self._writers.keys() - alive:
            ended = self._writers.pop(ident, None)
            if ended is not None:
                ended.close()

    def append(self, chunk: _Chunk, handed_over: Callable[[], object] | None = None) -> None:
        """Take over what a writer has written, and drop the oldest chunks where all take too much.

        `handed_over` is called so that a reader finds the chunk either at its writer or here.
        """
        dropped = []
        with self._lock:
            self._chunks.append(chunk)
            if handed_over is not None:
                handed_over()
            self._bytes += chunk.size
            while self._bytes > self.max_bytes and len(self._chunks) > 1:
                dropped.append(self._chunks.popleft())
                self._bytes -= dropped[-1].size
            self._leaving += dropped
        for old in dropped:
            submissions = old.submissions
            more = self.forgotten.counted(_rows(submissions, SUBMISSION), old.told(), self._submission_of)
            with self._lock:
                self.forgotten.add(more)
                self._leaving = [one for one in self._leaving if one is not old]
                self.horizon = max(self.horizon, submissions[-SUBMISSION] if submissions else self.horizon)
                self.dropped += sum(_counts([old]))
        if self.shared:
            for rows in (chunk.sent for chunk in dropped if isinstance(chunk.sent, list)):
                for number, attributes in zip(rows[1::SUBMISSION], rows[3::SUBMISSION], strict=True):
                    if self.shared.get(number) is attributes:
                        self.shared.pop(number, None)

    def _submission_of(self, number: int, before: float) -> Row | None:
        row = self.latest(number, before)
        return row if row is not None and row[0] > self.horizon else None

    def counts(self) -> tuple[int, int]:
        """Return how many submissions and how many deliveries are kept."""
        return _counts(self._all())

    def rows(self) -> Iterator[tuple[bool, Row]]:
        """Iterate over all that is kept, in the order of time; the first value says whether it is a delivery.

        Of what was dropped the first deliveries that were out of the ordinary are kept, and come first.

        A submission is at, id, class, attributes, sender, id of the cause, recipients and phase; a delivery is at, id,
        name of the recipient, phase, seconds, emitted, case, and a `DeliveryNotes` or None.
        """
        kept = self.kept()
        return itertools.chain(kept.forgotten.odd, ordered(kept.chunks))

    def latest(self, number: int, before: float) -> Row | None:
        """Return the last submission under the id of an event before that time, found from the newest on."""
        found, since = None, -math.inf
        for chunk in reversed(self._all()):
            sent = chunk.sent
            if isinstance(sent, _Columns) and (not since < sent.at < before or number not in sent.numbers):
                continue
            submissions = chunk.submissions
            if not submissions or submissions[-SUBMISSION] <= since or submissions[0] >= before:
                continue
            numbers, times = submissions[1::SUBMISSION], submissions[::SUBMISSION]
            for place in range(len(numbers) - 1, -1, -1):
                if numbers[place] == number and since < times[place] < before:
                    found, since = tuple(submissions[place * SUBMISSION : (place + 1) * SUBMISSION]), times[place]
                    break
        return found

    def senders(self, cls: type, name: object) -> Iterator[str]:
        """Iterate over the senders of the events of a class and name that had no recipients, the oldest first."""
        kept = self.kept()
        for sent in kept.forgotten.sent:
            if not sent.recipients and sent.sender is not None and (sent.cls, sent.name) == (cls, name):
                yield sent.sender
        for submissions in (chunk.submissions for chunk in kept.chunks):
            columns = (submissions[place::SUBMISSION] for place in (2, 3, 4, 6))
            for kind, attributes, sender, recipients in zip(*columns, strict=True):
                if not recipients and sender is not None and kind is cls and attributes.get("name") == name:
                    yield sender

    def kept(self) -> Kept:
        """Return everything, in one step."""
        with self._lock:
            forgotten, horizon, chunks, open_ones = self.forgotten.copy(), self.horizon, *self._now()
        return Kept(_with_copies(chunks, open_ones), forgotten, horizon)

    def _all(self) -> list[_Chunk]:
        """Return all rows that are kept, the oldest chunks first."""
        with self._lock:
            chunks, open_ones = self._now()
        return _with_copies(chunks, open_ones)

    def _now(self) -> tuple[list[_Chunk], list[_Chunk]]:
        """Return the chunks that are full, and those that are being written; call it with the lock taken."""
        return [*self._leaving, *self._chunks], [writer.chunk() for writer in self._writers.copy().values()]


def _with_copies(chunks: list[_Chunk], open_ones: list[_Chunk]) -> list[_Chunk]:
    # First the deliveries, so that the submissions of all that are read were written before.
    deliveries = [chunk.deliveries.copy() for chunk in open_ones]
    for chunk, delivered in zip(open_ones, deliveries, strict=True):
        chunks.append(chunk._replace(sent=chunk.submissions.copy(), deliveries=delivered))
    return chunks


def ordered(chunks: Sequence[_Chunk]) -> Iterator[tuple[bool, Row]]:
    """Iterate over rows in the order of time, as `Log.rows`."""
    number = itertools.count()
    submissions = (row for chunk in chunks for row in _rows(chunk.submissions, SUBMISSION))
    rows = [(row[0], False, next(number), row) for row in submissions]
    rows += [(row[0], True, next(number), row) for chunk in chunks for row in chunk.told()]
    rows.sort()
    return ((is_delivery, row) for _, is_delivery, _, row in rows)


def _counts(chunks: Sequence[_Chunk]) -> tuple[int, int]:
    sent = (one.sent for one in chunks)
    submissions = (len(one.numbers) if isinstance(one, _Columns) else len(one) // SUBMISSION for one in sent)
    return sum(submissions), sum(len(chunk.deliveries) for chunk in chunks) // DELIVERY


def _rows(values: Sequence[Any], length: int) -> Iterator[Row]:
    return zip(*(iter(values),) * length, strict=False)
