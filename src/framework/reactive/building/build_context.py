"""`BuildContext`: the context that `build` gets, valid for as long as it builds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from framework.core import Context, Event
from framework.core.context import defer, event_loop, receivers
from framework.errors import UnsafeSubmit
from framework.reactive.building.origin import Origin

if TYPE_CHECKING:
    from framework.archive import Archive
    from framework.core.mailboxes.handler import Handler
    from framework.core.mailboxes.hold import Hold
    from framework.core.mailboxes.loop import LoopThread


class BuildContext(Context):
    """Forwards to the context of the delivery that continues a build; a build may take several."""

    __slots__ = ("current", "origins")

    def __init__(self) -> None:
        self.current: Context | None = None
        self.origins: tuple[Origin, ...] = ()  # of the input that is being built

    @property
    def _now(self) -> Context:
        if self.current is None:
            raise UnsafeSubmit
        return self.current

    def submit(self, event: Event) -> int:
        """Send an event to its recipients; raises UnsafeSubmit or NotAnEvent."""
        return self._now.submit(event)

    def hold(self) -> Hold:
        """Keep the phase open, to submit later or from another thread."""
        return self._now.hold()

    def _defer(self, event: Event, room_for: Event | None = None) -> None:
        defer(self._now, event, room_for)

    def _event_loop(self) -> LoopThread:
        return event_loop(self._now)

    def _receivers(self, event: Event) -> tuple[Handler, ...]:
        return receivers(self._now, event)

    @property
    def processor(self) -> str:
        """Return the name of the builder."""
        return self._now.processor

    @property
    def phase(self) -> int:
        """Return the number of the phase."""
        return self._now.phase

    @property
    def event(self) -> Event | None:
        """Return the event that is being handled if the run is observed."""
        return self._now.event

    @property
    def archive(self) -> Archive:
        """Return the archive of this builder."""
        return self._now.archive
