"""Why something is not finished, in words that tell what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from framework.core.mailboxes.handler import Unfinished

if TYPE_CHECKING:
    from framework.core.mailboxes.inbox import Inbox
    from framework.core.scheduling.scheduler import Scheduler


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
