"""`Log`: the newest submissions and deliveries, written by all threads, bounded by their size.

Each is a run of values in one flat list, because an object per row would be visited by the garbage collector again and
again, which doubles the cost. `history` gives the values names when they are read.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple

from framework.observe.recording.frozen import SCALARS, SHORT, Described, frozen_attributes, weight

Row = tuple[Any, ...]
SUBMISSION, DELIVERY = 8, 7
"""How many values a submission has: at, id of the event, its class, attributes, sender, id of the cause, recipients,
phase; and a delivery: at, id of the event, (recipient, phase), seconds, emitted, case, special or None."""
CHUNK = 256
SUBMISSION_BYTES, DELIVERY_BYTES = 460, 230  # measured with tracemalloc, the copy of the attributes included


class Special(NamedTuple):
    """What is out of the ordinary in a delivery.

    `recorded` is when the record was made that answered it (Unix time), None for a computed one; `changed` names the
    attributes that differ from before it, `came_changed` those that differed from the submission when it began.
    """

    recorded: float | None = None
    error: BaseException | None = None
    changed: tuple[str, ...] = ()
    came_changed: tuple[str, ...] = ()
    caught: tuple[Any, ...] = ()


class Log:
    """Submissions and deliveries in chunks, the oldest chunk dropped first.

    `submitted(values)` and `delivered(values)` extend a list, which is atomic, so that threads share it without a lock;
    `settle()` closes a chunk that is full. Events are not kept alive: they are known by their `id`, which belongs to
    the one that was submitted last under it. `shared` has the attributes of those with several recipients or
    with values that can change: there, what one delivery changes another may see.
    """

    __slots__ = (
        *("_bytes", "_chunks", "_deliveries", "_extra", "_lock", "_submissions", "delivered", "dropped", "max_bytes"),
        *("shared", "submitted"),
    )

    def __init__(self, max_bytes: float) -> None:
        """Start empty; drop the oldest when all take more than so many bytes, as estimated."""
        self.max_bytes = max_bytes
        self.dropped = 0
        self.shared: dict[int, dict[str, Any]] = {}
        self._chunks: deque[tuple[list[Any], list[Any], int]] = deque()
        self._bytes = self._extra = 0
        # Contended once in CHUNK rows, and by readers.
        self._lock = threading.Lock()
        self._renew()

    def _renew(self) -> None:
        self._submissions: list[Any] = []
        self._deliveries: list[Any] = []
        self.submitted = self._submissions.extend
        self.delivered = self._deliveries.extend

    def add(self, event: Any, sender: str | None, cause: int, recipients: tuple[Any, ...], phase: int) -> None:
        """Write the submission of an event; `cause` is the id of its cause, or 0."""
        attributes, number, shared = event.__dict__.copy(), id(event), self.shared
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

    def frozen(self, attributes: dict[str, Any]) -> dict[str, Any]:
        """Return the attributes of an event with descriptions of the values that can change, or are large."""
        kept = frozen_attributes(attributes)
        self._extra += weight(kept)  # an estimate: another thread's may be lost
        return kept

    def settle(self) -> None:
        """Close the open chunk if it is full."""
        if len(self._submissions) < CHUNK * SUBMISSION and len(self._deliveries) < CHUNK * DELIVERY:
            return
        with self._lock:
            extra, self._extra = self._extra, 0
            rows = len(self._submissions) // SUBMISSION, len(self._deliveries) // DELIVERY
            size = SUBMISSION_BYTES * rows[0] + DELIVERY_BYTES * rows[1] + extra
            self._chunks.append((self._submissions, self._deliveries, size))
            self._renew()
            self._bytes += size
            # The newest stays: a thread may be writing its last row to it.
            while self._bytes > self.max_bytes and len(self._chunks) > 1:
                self._drop_oldest()

    def _drop_oldest(self) -> None:
        submissions, deliveries, size = self._chunks.popleft()
        self._bytes -= size
        self.dropped += len(submissions) // SUBMISSION + len(deliveries) // DELIVERY
        if self.shared:
            for number, attributes in zip(submissions[1::SUBMISSION], submissions[3::SUBMISSION], strict=True):
                if self.shared.get(number) is attributes:
                    self.shared.pop(number, None)

    def rows(self) -> Iterator[tuple[bool, Row]]:
        """Iterate over all that is kept, in the order of time; the first value says whether it is a delivery."""
        parts = self._parts()
        submissions = _rows((value for part, _ in parts for value in part), SUBMISSION)
        deliveries = _rows((value for _, part in parts for value in part), DELIVERY)
        ordered = [(row[0], False, number, row) for number, row in enumerate(submissions)]
        ordered += [(row[0], True, number, row) for number, row in enumerate(deliveries)]
        ordered.sort()
        return ((delivery, row) for _, delivery, _, row in ordered)

    def latest(self, number: int, before: float) -> Row | None:
        """Return the last submission under the id of an event before that time, found from the newest on."""
        for submissions, _ in reversed(self._parts()):
            numbers = submissions[1::SUBMISSION]
            for place in range(len(numbers) - 1, -1, -1):
                if numbers[place] == number and submissions[place * SUBMISSION] < before:
                    return tuple(submissions[place * SUBMISSION : (place + 1) * SUBMISSION])
        return None

    def senders(self, cls: type, name: object) -> Iterator[str]:
        """Iterate over the senders of the events of a class and name that had no recipients, the oldest first."""
        for submissions, _ in self._parts():
            columns = (submissions[place::SUBMISSION] for place in (2, 3, 4, 6))
            for kind, attributes, sender, recipients in zip(*columns, strict=False):
                if not recipients and sender is not None and kind is cls and attributes.get("name") == name:
                    yield sender

    def _parts(self) -> list[tuple[list[Any], list[Any]]]:
        with self._lock:
            parts = [(part, other) for part, other, _ in self._chunks]
            return [*parts, (self._submissions.copy(), self._deliveries.copy())]


def _rows(values: Iterator[Any], length: int) -> Iterator[Row]:
    return zip(*(values,) * length, strict=False)
