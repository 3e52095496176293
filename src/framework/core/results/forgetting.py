"""`forget` and `refresh`: remove kept results, so that the next run computes them again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from framework.archive.archive import drop_records
from framework.core.archives import ArchivedResult, ArchiveRoom, keeper_of, keeps_results
from framework.core.event import Event
from framework.core.identity.input_key import input_key
from framework.core.mailboxes.inbox import Inbox
from framework.errors import OptionError, UnknownName
from framework.observe import Graph


def forget(archives: ArchiveRoom, inboxes: Iterable[Inbox], target: str, value: Any) -> int:
    """Remove the kept results of one input, as `Pipeline.forget` says."""
    removed = 0
    for inbox in _keeping(inboxes, target):
        archive = archives.editable(inbox)
        for key in _keys(inbox, value):
            if key in archive:
                del archive[key]  # without a look at it: it may be a record that cannot be loaded
                removed += 1
    return removed


def refresh(
    archives: ArchiveRoom, inboxes: Sequence[Inbox], graph: Graph, target: str, *, downstream: bool
) -> dict[str, int]:
    """Remove all kept results of a target, as `Pipeline.refresh` says."""
    chosen = _keeping(inboxes, target)
    if downstream:
        below = _downstream(graph, {inbox.name for inbox in chosen})
        chosen = [inbox for inbox in inboxes if inbox.name in below and keeps_results(inbox.processor)]
    return {inbox.name: drop_records(archives.editable(inbox), ArchivedResult) for inbox in chosen}


def parts_of(inboxes: Sequence[Inbox], target: str) -> list[Inbox]:
    """Return the processors that keep the results of a target, with those that do the work of one together."""
    keepers = [keeper_of(inbox.processor) for inbox in _keeping(inboxes, target)]
    return [inbox for inbox in inboxes if any(keeper_of(inbox.processor) is keeper for keeper in keepers)]


def _keeping(inboxes: Iterable[Inbox], target: str) -> list[Inbox]:
    if not isinstance(target, str):
        raise OptionError(f"results are known by a target or the name of a processor, got {target!r}")
    keeping = [inbox for inbox in inboxes if keeps_results(inbox.processor)]
    found = [inbox for inbox in keeping if target in _names(inbox)]
    if not found:
        raise UnknownName("kept target or processor", target, [name for inbox in keeping for name in _names(inbox)])
    return found


def _names(inbox: Inbox) -> tuple[str, ...]:
    provides = getattr(inbox.processor, "provides", None)
    return (inbox.name, provides) if isinstance(provides, str) else (inbox.name,)


def _keys(inbox: Inbox, value: Any) -> Iterator[str]:
    if isinstance(value, Event):
        yield input_key(value, name="event")
        return
    if isinstance(value, tuple):
        yield input_key(value, name="inputs")
    if len(getattr(inbox.processor, "requires", ())) == 1:
        yield input_key((value,), name="inputs")


def _downstream(graph: Graph, names: set[str]) -> set[Any]:
    reached: set[Any] = set()
    waiting: list[Any] = [*names]
    while waiting:
        node = waiting.pop()
        if node not in reached:
            reached.add(node)
            waiting += [edge.target for edge in graph.edges if edge.source == node]
    return reached
