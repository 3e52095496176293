"""`Handler`: what a mailbox knows of its processor; `Unfinished`: what a processor still waits for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from framework.core.event import Event


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Something that a processor still waits for.

    `kind` says how a report counts it: an `orphan` of a join, a `gap` of a sequence, an unmet `requirement`, or
    anything `else`; `where` is the place in the user's code that decides it.
    """

    kind: Literal["orphan", "gap", "requirement", "else"]
    text: str
    where: str = ""

    def __str__(self) -> str:
        return self.text


class Handler(Protocol):
    """Handles the events of one mailbox: an `AbstractProcessor`."""

    name: str
    priority: int
    _backlog: int
    """Events that it keeps beyond its mailbox; senders that can wait then do."""

    def process(self, context: Any, event: Event) -> object:
        """Handle one event."""

    def _unfinished(self) -> Iterable[Unfinished]:
        """Return what it still waits for."""
