"""A hold keeps a phase open for work that goes on outside of deliveries."""

from __future__ import annotations

import time
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from framework.core.event import Event
from framework.errors import PipelineEnded

if TYPE_CHECKING:
    from framework.core.inbox import Inbox


@dataclass(frozen=True, slots=True)
class OpenHold:
    """Who holds the phase open, since when (`time.monotonic()`), and in which of its deliveries it began to."""

    processor: str
    since: float
    delivery: int

    def __str__(self) -> str:
        """Processor and age."""
        return f"{self.processor} holds the phase open since {time.monotonic() - self.since:.1f} s"


class HoldKeeper(Protocol):
    """Where holds are registered: the scheduler."""

    def submit_held(self, token: object, event: Event, sender: str, cause: Event | None) -> int:
        """Deliver what a hold submits."""
        ...

    def defer_held(self, token: object, event: Event, inbox: Inbox, cause: Event | None) -> None:
        """Deliver an event to the holding processor itself."""
        ...

    def release_hold(self, token: object, *, leaked: bool = False) -> None:
        """Forget a hold; the phase may end."""
        ...


class Hold:
    """The right to submit later, from any thread; the phase stays open until `release()`.

    Obtained from `context.hold()` during a delivery::

        hold = context.hold()
        def done(result):
            with hold:
                hold.submit(Event(name="fetched", result=result))

    A hold that is garbage-collected without a release is logged and released; so is one whose delivery failed.
    """

    __slots__ = ("_cause", "_inbox", "_keeper", "_processor", "_token")

    def __init__(
        self, keeper: HoldKeeper, token: object, processor: str, cause: Event | None, inbox: Inbox | None = None
    ) -> None:
        """Made by `Context.hold`."""
        self._keeper = keeper
        self._token: object | None = token
        self._processor = processor
        self._cause = cause
        self._inbox = inbox

    def submit(self, event: Event) -> int:
        """Send an event in the name of the holding processor, from any thread.

        Returns:
            The number of recipients.

        Raises:
            PipelineEnded: the hold was released, or the run is over.
            NotAnEvent: `event` is none.
        """
        token = self._token
        if token is None:
            raise PipelineEnded("this hold was released: submit before release(), or take another context.hold()")
        return self._keeper.submit_held(token, event, self._processor, self._cause)

    def defer(self, event: Event) -> None:
        """Have the holding processor itself handle an event, past the routing, from any thread.

        Raises:
            PipelineEnded: the hold was released, or the run is over.
        """
        token = self._token
        if token is None or self._inbox is None:
            raise PipelineEnded("this hold was released: defer before release(), or take another context.hold()")
        self._keeper.defer_held(token, event, self._inbox, self._cause)

    def release(self) -> None:
        """Let the phase end; releasing twice is harmless."""
        token, self._token = self._token, None
        if token is not None:
            self._keeper.release_hold(token)

    def __enter__(self) -> Self:
        """Hold for the length of a `with` block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Release at the end of the block."""
        self.release()

    def __del__(self) -> None:
        """Release a hold that nobody can release any more."""
        token: Any = getattr(self, "_token", None)
        if token is not None:
            self._token = None
            self._keeper.release_hold(token, leaked=True)
