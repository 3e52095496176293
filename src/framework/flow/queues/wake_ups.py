"""`WakeUps`: which tasks of a run were woken and have not run yet, shared by its channels."""

from __future__ import annotations

from typing import Protocol


class Asking(Protocol):
    """A channel whose worker has taken an item and left others."""

    def look(self) -> None:
        """Wake another worker if there still are items and no other is woken."""


class WakeUps:
    """Counts the workers and puts of a run that were woken and have not run yet: `under_way`.

    A body that does not wait empties its queue in one go, and waking another worker for nothing costs five callbacks.
    So the channels that are `asking` whether another is needed look when the next task that was woken runs, by when the
    present one waits or has emptied the queue; where none was woken, the event loop is asked to call `look`.
    """

    __slots__ = ("asking", "under_way")

    def __init__(self) -> None:
        self.under_way = 0
        self.asking: list[Asking] = []

    def arrive(self) -> None:
        """One that was woken runs."""
        self.under_way -= 1
        if self.asking:
            self.look()

    def look(self) -> None:
        """Let the channels look that ask for it."""
        for channel in self.asking:
            channel.look()
        self.asking.clear()
