"""`Forgotten`: what is still known of rows that a log dropped, so that findings neither fall silent nor err."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

Row = tuple[Any, ...]
Find = Callable[[int, float], Row | None]
MOST_KINDS = 4096  # kinds of submissions, and of deliveries
MOST_ODD, MOST_REPLAYED, MOST_ODD_OF_ALL = 32, 4, 4096  # odd deliveries of a processor, those only replayed, of all


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
        self.full = False
        """Whether there were more kinds than are counted: then what is missing here may have happened."""
        self._of: Counter[tuple[str, bool]] = Counter()

    def counted(self, submissions: Iterable[Row], deliveries: Iterable[Row], find: Find) -> Forgotten:
        """Return what is to be known of rows that are dropped.

        `find` returns the submission, of those that are kept, by the id before a time.
        """
        more = Forgotten()
        by_id: dict[int, Row] = {}
        for row in submissions:
            _, number, cls, attributes, sender, _, recipients, _ = row
            by_id[number] = row
            name, target = attributes.get("name"), attributes.get("target")
            text = name if isinstance(name, str) else None
            to = tuple(recipient.name for recipient in recipients)
            more.sent[Sent(cls, text, target if isinstance(target, str) else None, sender, to)] += 1
        for row in deliveries:
            at, number, processor, _, _, emitted, case, special = row
            more.taken[Taken(processor, case, emitted > 0)] += 1
            if special is not None and self._has_room(processor, special):
                found = by_id.get(number)
                found = found if found is not None and found[0] < at else find(number, at)
                more.odd += [] if found is None else [(False, found)]
                more.odd.append((True, row))
        return more

    def _has_room(self, processor: str, special: Any) -> bool:
        """Whether another odd delivery is kept; those only answered from an archive leave room for the odder ones."""
        replayed = special == special._replace(error=None, changed=(), came_changed=(), caught=())
        if len(self.odd) >= MOST_ODD_OF_ALL:
            return False
        self._of[processor, replayed] += 1
        return self._of[processor, replayed] <= (MOST_REPLAYED if replayed else MOST_ODD)

    def add(self, more: Forgotten) -> None:
        """Take over what `counted` returned."""
        self.odd += more.odd
        self._count(self.sent, more.sent)
        self._count(self.taken, more.taken)

    def _count(self, total: Counter[Any], more: Counter[Any]) -> None:
        for key, count in more.items():
            if key in total or len(total) < MOST_KINDS:  # so that endless names cannot fill the memory
                total[key] += count
            else:
                self.full = True

    def copy(self) -> Forgotten:
        """Return what is known now."""
        same = Forgotten()
        same.sent, same.taken, same.odd, same.full = self.sent.copy(), self.taken.copy(), [*self.odd], self.full
        return same
