"""`visits_of`: the rows of one run as visits that know what came before and after them, and what they made.

A row names its item by an `id`, and what came of it by the id of that. While an item waits in a queue its id is its
own, so that a job takes what another handed over under that id: the oldest first, as queues do.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from framework.observe.recording.items.item_log import ItemRow
from framework.observe.recording.items.item_trace import Visit

ROUNDING = 1e-9
"""Seconds that the start of a visit, its end less its time, may seem to be too early."""
HandedItem = tuple[float, Visit, bool]
"""When at the earliest it was handed over, by which visit, and whether it was made there or is the item itself."""


def visits_of(run: ItemRow | None, rows: Sequence[ItemRow], number: int) -> Iterator[Visit]:
    """Yield the visits of a run, in the order of their ends; `run` is the row with which it began, if it is kept."""
    began = run[0] if run is not None else rows[0][0] - rows[0][7] if rows else 0.0
    visits = [_visit(row, began, number) for row in rows]
    handed = _handed(rows, visits)
    # Workers take items in the order of their starts, and end in any order.
    for row, visit in sorted(zip(rows, visits, strict=True), key=lambda pair: pair[0][0] - pair[0][7]):
        waiting = handed.get((row[1], row[3]))
        if not waiting or waiting[0][0] > row[0] - row[7] + ROUNDING:
            continue
        _, giver, made = waiting.popleft()
        if made:
            visit.parent = giver
            giver.children.append(visit)
        elif giver is not visit:
            visit.before, giver.after = giver, visit
    yield from visits


def _visit(row: ItemRow, began: float, number: int) -> Visit:
    at, job, outcome, _, item, out, to, seconds, special = row
    attempts, reason, made = special or (1, "", ())
    has_result = to is None and outcome == "done" and not made
    return Visit(number, at - began, job, item, outcome, seconds, attempts, reason, len(made), out, has_result)


def _handed(rows: Sequence[ItemRow], visits: Iterable[Visit]) -> dict[tuple[str, Any], deque[HandedItem]]:
    """Return what waits for each job, by its id."""
    handed: defaultdict[tuple[str, Any], list[HandedItem]] = defaultdict(list)
    for row, visit in zip(rows, visits, strict=True):
        at, *_, out, to, seconds, special = row
        if to is not None and type(out) is int:
            handed[to, out].append((at, visit, False))
        for child in () if special is None else special[2]:
            place = child if type(child) is tuple else (to, child)
            if place[0] is not None:
                handed[place].append((at - seconds, visit, True))
    return {place: deque(sorted(waiting, key=lambda one: one[0])) for place, waiting in handed.items()}
