"""`Hold`: keeps a phase open for work that goes on outside of deliveries."""

from __future__ import annotations

import logging
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Self

from framework.core.event import Event
from framework.errors import PipelineEnded

if TYPE_CHECKING:
    from framework.core.mailboxes.inbox import Inbox

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OpenHold:
    """A hold that was not released: its processor, its start (`time.monotonic()`), the number of its delivery."""

    processor: str
    since: float
    delivery: int

    def __str__(self) -> str:
        return f"{self.processor} holds the phase open since {time.monotonic() - self.since:.1f} s"


class OpenHolds:
    """The holds of one scheduler, which takes its lock around every call that changes them."""

    def __init__(self) -> None:
        self.submitted = 0
        self.leaked: Counter[str] = Counter()
        """How many holds each processor dropped without a release."""
        self._open: dict[object, OpenHold] = {}

    def take(self, inbox: Inbox) -> object:
        """Add a hold for the current delivery of a processor; returns its token."""
        token = object()
        self._open[token] = OpenHold(inbox.name, time.monotonic(), inbox.delivered)
        return token

    def release(self, token: object, *, leaked: bool = False) -> None:
        """Forget a hold; unknown ones are ignored."""
        hold = self._open.pop(token, None)
        if hold is not None and leaked:
            self.leaked[hold.processor] += 1
            logger.warning("%s leaked a hold: released now; call hold.release() when the work is done", hold.processor)

    def release_failed(self, inbox: Inbox) -> None:
        """Release what a failed delivery took, before it is counted.

        Its traceback is kept, and would keep these holds open for ever.
        """
        for token, hold in self._open.copy().items():
            if (hold.processor, hold.delivery) == (inbox.name, inbox.delivered):
                self.release(token, leaked=True)

    def check(self, token: object) -> None:
        """Check that a hold is still open; raises PipelineEnded."""
        if token not in self._open:
            raise PipelineEnded(
                "this hold is void, because the run was stopped or the delivery that took it has failed: what it "
                "submits is not delivered"
            )

    def clear(self) -> None:
        """Void all of them."""
        self._open.clear()

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[OpenHold]:
        return iter(list(self._open.values()))


class HoldKeeper(Protocol):
    """What a hold needs of the exchange that registered it."""

    def submit_held(self, token: object, event: Event, sender: str, cause: Event | None) -> int:
        """Deliver what a hold submits."""

    def defer_held(self, token: object, event: Event, inbox: Inbox, cause: Event | None) -> None:
        """Deliver an event to the processor that holds."""

    def release_hold(self, token: object, *, leaked: bool = False) -> None:
        """Forget a hold; the phase may end."""


class Hold:
    """Submits later, from any thread; the phase stays open until `release()`.

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
            NotAnEvent: `event` is no Event.
        """
        token = self._token
        if token is None:
            raise PipelineEnded("this hold was released: submit before release(), or take another context.hold()")
        return self._keeper.submit_held(token, event, self._processor, self._cause)

    def _facts(self) -> tuple[Any, Any, Event | None]:
        """Return the exchange, the mailbox and the event of the delivery that took it; internal."""
        return self._keeper, self._inbox, self._cause

    def _defer(self, event: Event) -> None:
        """Deliver an event to the holding processor, past the routing, from any thread; raises PipelineEnded."""
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
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def __del__(self, is_finalizing: Callable[[], bool] = sys.is_finalizing) -> None:  # no globals are left at exit
        """Release a hold that was dropped without a release."""
        token: Any = getattr(self, "_token", None)
        if token is not None and not is_finalizing():
            self._token = None
            self._keeper.release_hold(token, leaked=True)
