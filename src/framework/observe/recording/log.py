"""`Log`: the newest submissions and deliveries, written by all threads, bounded by their size.

Each is a run of values in one flat list, because an object per row would be visited by the garbage collector again and
again, which doubles the cost. `history` gives the values names when they are read.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

from framework.observe.recording.frozen import frozen_attributes

Row = tuple[Any, ...]
SUBMISSION, DELIVERY = 8, 7
"""How many values a submission has: at, id of the event, its class, attributes, sender, id of the cause, recipients,
phase; and a delivery: at, id of the event, (recipient, phase), seconds, emitted, case, special or None."""
Special = tuple[bool, BaseException | None, tuple[str, ...]]
"""What is out of the ordinary in a delivery: replayed, error, attributes that changed."""
CHUNK = 256
SUBMISSION_BYTES, DELIVERY_BYTES = 400, 200  # measured with tracemalloc, the copy of the attributes included


class Log:
    """Submissions and deliveries in chunks, the oldest chunk dropped first.

    `submitted(values)` and `delivered(values)` extend a list, which is atomic, so that threads share it without a lock;
    `settle()` is called between deliveries and closes a chunk that is full. Events are not kept alive: they are known
    by their `id`, which belongs to the one that was submitted last under it. `shared` has the attributes of those with
    several recipients.
    """

    __slots__ = (
        *("_bytes", "_chunks", "_deliveries", "_lock", "_submissions", "delivered", "dropped", "max_bytes", "shared"),
        "submitted",
    )

    def __init__(self, max_bytes: float) -> None:
        """Start empty; drop the oldest when all take more than so many bytes, as estimated."""
        self.max_bytes = max_bytes
        self.dropped = 0
        self.shared: dict[int, dict[str, Any]] = {}
        self._chunks: deque[tuple[list[Any], list[Any], int]] = deque()
        self._bytes = 0
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
        attributes, number = frozen_attributes(event.__dict__), id(event)
        if len(recipients) > 1:
            self.shared[number] = attributes
        elif number in self.shared:  # the id of an event that is gone
            self.shared.pop(number, None)
        self.submitted((time.perf_counter(), number, event.__class__, attributes, sender, cause, recipients, phase))

    def settle(self) -> None:
        """Close the open chunk if it is full."""
        if len(self._submissions) < CHUNK * SUBMISSION and len(self._deliveries) < CHUNK * DELIVERY:
            return
        with self._lock:
            weight = _weight(self._submissions) + DELIVERY_BYTES * (len(self._deliveries) // DELIVERY)
            self._chunks.append((self._submissions, self._deliveries, weight))
            self._renew()
            self._bytes += weight
            # The newest stays: a thread may be writing its last row to it.
            while self._bytes > self.max_bytes and len(self._chunks) > 1:
                self._drop_oldest()

    def _drop_oldest(self) -> None:
        submissions, deliveries, weight = self._chunks.popleft()
        self._bytes -= weight
        self.dropped += len(submissions) // SUBMISSION + len(deliveries) // DELIVERY
        for number, attributes in zip(submissions[1::SUBMISSION], submissions[3::SUBMISSION], strict=True):
            if self.shared.get(number) is attributes:
                del self.shared[number]

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

    def _parts(self) -> list[tuple[list[Any], list[Any]]]:
        with self._lock:
            parts = [(part, other) for part, other, _ in self._chunks]
            return [*parts, (self._submissions.copy(), self._deliveries.copy())]


def _rows(values: Iterator[Any], length: int) -> Iterator[Row]:
    return zip(*(values,) * length, strict=False)


def _weight(submissions: list[Any]) -> int:
    """Estimate bytes: a flat share for each, and the texts and tuples among the attributes of the events."""
    total = SUBMISSION_BYTES * (len(submissions) // SUBMISSION)
    for attributes in submissions[3::SUBMISSION]:
        for value in attributes.values():
            if isinstance(value, str | bytes | tuple):
                total += value.__sizeof__()
    return total
