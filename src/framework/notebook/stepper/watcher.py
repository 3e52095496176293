"""`Watcher`: the little that a view needs of what happens, kept cheaply while a pipeline runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from framework.notebook.graphs.keys import key_of
from framework.observe import DeliveryFailed, EventSubmitted, Failure, NodeKey, PhaseStarted

Arrow = tuple[NodeKey, NodeKey]


class Watcher:
    """Keeps failures, and which arrows of the graph each phase used; tells that there is something new."""

    def __init__(self, tell: Callable[[], object]) -> None:
        """Call `tell` after each happening."""
        self.failures: list[Failure] = []
        self.used: dict[int, set[Arrow]] = {}
        self._tell = tell

    def __call__(self, happening: Any) -> None:
        """Take note of one happening, on whichever thread."""
        match happening:
            case EventSubmitted(event=event, sender=sender, recipients=recipients, phase=phase):
                used = self.used.setdefault(phase, set())
                key = key_of(event)
                if sender is not None:
                    used.add((sender, key))
                used.update((key, recipient) for recipient in recipients)
            case DeliveryFailed(failure=failure):
                self.failures.append(failure)
            case PhaseStarted(phase=phase):
                self.used.setdefault(phase, set())
        self._tell()
