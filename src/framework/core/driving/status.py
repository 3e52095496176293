"""Why something is not finished, in words that tell what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from framework.core.mailboxes.inbox import Inbox
    from framework.core.scheduling.scheduler import Scheduler


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Something that a processor still waits for.

    `kind` says how a report counts it: an `orphan` of a join, a `gap` of a sequence, an unmet `requirement`, or
    anything `else`.
    """

    kind: Literal["orphan", "gap", "requirement", "else"]
    text: str

    def __str__(self) -> str:
        """The text."""
        return self.text


def unfinished(inboxes: Iterable[Inbox]) -> Iterator[Unfinished]:
    """What the processors say that they still wait for."""
    for inbox in inboxes:
        try:
            yield from tuple(inbox.processor.unfinished())
        except Exception as error:  # noqa: BLE001 - asking what is missing must not end a run
            yield Unfinished("else", f"{inbox.name}.unfinished() raised {type(error).__name__}")


def why_waiting(scheduler: Scheduler, cause: str) -> str:
    """What keeps a run from being finished, a line each; empty when nothing does.

    Args:
        scheduler: what is waiting, running and held.
        cause: what caused the latest phase, in words.
    """
    lines = [str(left) for left in unfinished(scheduler.inboxes)]
    lines += [str(hold) for hold in scheduler.holds]
    lines += [f"{inbox.name} has {len(inbox.queue)} waiting" for inbox in scheduler.inboxes if inbox.queue]
    lines += [f"{inbox.name} is at work" for inbox in scheduler.running()]
    return "\n".join([*lines, cause] if cause else lines)
