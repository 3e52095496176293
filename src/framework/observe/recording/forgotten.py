"""`Forgotten`: what is still known of rows that a log dropped, so that findings neither fall silent nor err."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

Row = tuple[Any, ...]
Find = Callable[[int, float], Row | None]
MOST_KINDS, MOST_ODD = 4096, 32  # kinds of submissions and of deliveries; odd deliveries of one processor


class Sent(NamedTuple):
    """What submissions have in common; `target` is that of a `ReactiveEvent`."""

    cls: type
    name: str | None
    target: str | None
    sender: str | None
    recipients: tuple[str, ...]


class Taken(NamedTuple):
    """What deliveries have in common; `emitted` is whether they submitted anything."""

    processor: str
    case: str | bool | None
    emitted: bool


class Forgotten:
    """Counts of the dropped submissions and deliveries by kind, and the first odd deliveries of each processor."""

    def __init__(self) -> None:
        self.sent: Counter[Sent] = Counter()
        self.taken: Counter[Taken] = Counter()
        self.odd: list[tuple[bool, Row]] = []
        """Rows as `Log.rows` yields them: a delivery that was out of the ordinary, behind its submission if known."""
        self._of: defaultdict[str, int] = defaultdict(int)
        self._lock = threading.Lock()  # contended once in a chunk that is dropped

    def add(self, submissions: Iterable[Row], deliveries: Iterable[Row], find: Find) -> None:
        """Count dropped rows; `find` returns the submission, of those that are kept, by the id before a time."""
        by_id: dict[int, Row] = {}
        sent: Counter[Sent] = Counter()
        for row in submissions:
            _, number, cls, attributes, sender, _, recipients, _ = row
            by_id[number] = row
            name, target = attributes.get("name"), attributes.get("target")
            text = name if isinstance(name, str) else None
            to = tuple(recipient.name for recipient in recipients)
            sent[Sent(cls, text, target if isinstance(target, str) else None, sender, to)] += 1
        odd: list[tuple[bool, Row]] = []
        taken: Counter[Taken] = Counter()
        for row in deliveries:
            at, number, processor, _, _, emitted, case, special = row
            taken[Taken(processor, case, emitted > 0)] += 1
            if special is not None and self._of[processor] < MOST_ODD:
                self._of[processor] += 1
                found = by_id.get(number)
                found = found if found is not None and found[0] < at else find(number, at)
                odd += [] if found is None else [(False, found)]
                odd.append((True, row))
        with self._lock:
            self.odd += odd
            _count(self.sent, sent)
            _count(self.taken, taken)

    def emits(self, processor: str, case: str | bool | None) -> bool:  # noqa: FBT001 - a case, as deliveries have it
        """Whether a dropped delivery that a case took emitted anything."""
        return self.taken[Taken(processor, case, emitted=True)] > 0


def _count(total: Counter[Any], more: Counter[Any]) -> None:
    for key, count in more.items():
        if key in total or len(total) < MOST_KINDS:  # so that endless names cannot fill the memory
            total[key] += count
