"""`InboxView`: the events that wait for a processor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from framework.core.event import Event
from framework.core.mailboxes.inbox import Inbox
from framework.observe.text import short_repr

if TYPE_CHECKING:
    import pandas as pd

SHOWN_EVENTS = 10


class InboxView:
    """An immutable view of a mailbox: obtained from `pipeline.inbox(name)`.

    `len` and iteration show what waits now, the next to be delivered first.
    """

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    def __len__(self) -> int:
        return len(self._inbox)

    def __iter__(self) -> Iterator[Event]:
        return iter(self._now())

    def __getitem__(self, index: int) -> Event:
        return self._now()[index]

    def __repr__(self) -> str:
        events = self._now()
        lines = [f"{self._inbox.name}: {len(events)} waiting", *(f"  {short_repr(e)}" for e in events[:SHOWN_EVENTS])]
        if len(events) > SHOWN_EVENTS:
            lines.append(f"  ... and {len(events) - SHOWN_EVENTS} more")
        return "\n".join(lines)

    def frame(self) -> pd.DataFrame:
        """Return one row per waiting event, its attributes as columns."""
        from framework.notebook.frames.safe_frame import SafeFrame

        return SafeFrame([{"event": type(event).__name__, **vars(event)} for event in self._now()])

    def _now(self) -> tuple[Event, ...]:
        # Iterating over a deque that a worker changes raises; copying it is one step for the interpreter.
        return tuple(self._inbox.queue.copy())
