"""`Context`: submits events, holds phases open and finds archives during a delivery."""

from __future__ import annotations

from _thread import get_ident
from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, Any

from framework.archive import InMemCache
from framework.core.event import Event
from framework.core.mailboxes.hold import Hold
from framework.core.mailboxes.inbox import Work
from framework.core.mailboxes.loop import LoopThread
from framework.errors import NotAnEvent, UnsafeSubmit
from framework.observe.recording.frozen import SCALARS, SHORT, Described
from framework.observe.recording.log import CHUNK, LogWriter

if TYPE_CHECKING:
    from framework.archive import Archive
    from framework.core.mailboxes.exchange import Exchange
    from framework.core.mailboxes.handler import Handler
    from framework.core.mailboxes.inbox import Inbox


class Context:
    """Belongs to one delivery and its thread; given to `process`.

    A worker uses one context for many deliveries as long as `process` does not keep it; one that was kept refuses.
    """

    __slots__ = ("_exchange", "_inbox", "_owner", "_rows")

    def __init__(self, exchange: Exchange, inbox: Inbox) -> None:
        self._exchange = exchange
        self._rows = exchange.routes.rows
        self._inbox = inbox
        self._owner: int | None = get_ident()

    def submit(self, event: Event) -> int:
        """Send an event to its recipients.

        Returns:
            The number of recipients.

        Raises:
            UnsafeSubmit: the delivery has ended, or this is another thread; use `hold()` for that.
            NotAnEvent: `event` is no Event.
        """
        if self._owner != get_ident():
            raise UnsafeSubmit
        try:
            inboxes = self._rows[event.__class__][event.name]
        except (KeyError, TypeError):  # not asked for before, or no event
            inboxes = self._exchange.routes.recipients(event)
        if inboxes.__class__ is not tuple:
            inboxes = inboxes.select(event)  # type: ignore[union-attr]
        self._inbox.emitted += 1
        # `Exchange.post` and `Inbox.schedule` written out: calls would cost a tenth of the whole delivery.
        for inbox in inboxes:
            inbox.queue.append(event)
            if inbox.token:
                try:
                    inbox.token.pop()
                except IndexError:  # another thread was faster
                    continue
                inbox.level.append(inbox)
                exchange = self._exchange
                if exchange.idle and not exchange.waking:
                    exchange.wake()
        return len(inboxes)

    def hold(self) -> Hold:
        """Keep the phase open, to submit later or from another thread.

        Raises:
            UnsafeSubmit: the delivery has ended, or this is another thread.
        """
        self._check_owner()
        return self._exchange.hold(self._inbox, self.event)

    def _defer(self, event: Event, room_for: Event | None = None) -> None:
        """Deliver an event to the processor that submits it, behind what waits for it already; raises UnsafeSubmit.

        It bypasses the routing. With `room_for` it waits until the recipients of such an event have room.
        """
        self._check_owner()
        self._exchange.defer(event, self._inbox, self.event, room_for)

    def _receivers(self, event: Event) -> tuple[Handler, ...]:
        """Return the processors that would receive an event; nothing is sent."""
        return tuple(inbox.processor for inbox in self._exchange.routes.preview(event))

    @property
    def processor(self) -> str:
        """The name of the processor, as graphs and reports show it."""
        return self._inbox.name

    @property
    def phase(self) -> int:
        """The number of the phase; 0 before the first."""
        return self._exchange.phase

    @property
    def event(self) -> Event | None:
        """The event that is being handled, where the run is watched; None otherwise."""
        return None

    @property
    def archive(self) -> Archive:
        """The archive of this processor: its own results, found again by its identity."""
        return self._exchange.archives.of(self._inbox)

    def _note_replay(self, recorded: float) -> None:
        """Say that this delivery is answered from an archive, by a record of that time (Unix time)."""

    def _work(self) -> Work:
        """Return the counters of the processor whose delivery this is."""
        return self._inbox.work

    def _event_loop(self) -> LoopThread:
        """Return the event loop of the run, for coroutines that outlast the delivery."""
        return self._exchange.loop

    def _check_owner(self) -> None:
        if self._owner != get_ident():
            raise UnsafeSubmit

    def _retire(self) -> None:
        # The delivery has ended: a context that was kept refuses from now on.
        self._owner = None


class WatchedContext(Context):
    """A context that tells observers what is submitted, and why; made anew for every delivery."""

    __slots__ = ("_event", "recorded")

    def __init__(self, exchange: Exchange, inbox: Inbox, event: Event | None) -> None:
        super().__init__(exchange, inbox)
        self._event = event
        self.recorded: float | None = None

    @property
    def event(self) -> Event | None:
        """The event that is being handled."""
        return self._event

    def submit(self, event: Event) -> int:
        """Send an event to its recipients, and tell the observers first."""
        if self._owner != get_ident():
            raise UnsafeSubmit
        inboxes = self._exchange.routes.recipients(event)
        self._inbox.emitted += 1
        exchange = self._exchange
        exchange.observation.submitted(event, self._inbox.name, self._event, inboxes, exchange.phase)
        exchange.post(event, inboxes)
        return len(inboxes)

    def _note_replay(self, recorded: float) -> None:
        self.recorded = recorded


class RecordingContext(WatchedContext):
    """A context that writes what is submitted into the history; used for many deliveries, as `Context`."""

    __slots__ = ("_number", "_shared", "_writer")

    def __init__(self, exchange: Exchange, inbox: Inbox, writer: LogWriter) -> None:
        super().__init__(exchange, inbox, None)
        self._writer = writer
        self._shared = writer.log.shared
        self._number = 0

    def submit(self, event: Event) -> int:  # noqa: C901, PLR0912 - the hot path
        """Send an event to its recipients, and write that down first."""
        if self._owner != get_ident():
            raise UnsafeSubmit
        try:
            inboxes = self._rows[event.__class__][event.name]
        except (KeyError, TypeError):  # not asked for before, or no event
            inboxes = self._exchange.routes.recipients(event)
        if inboxes.__class__ is not tuple:
            inboxes = inboxes.select(event)  # type: ignore[union-attr]
        sender, exchange, writer, number = self._inbox, self._exchange, self._writer, id(event)
        sender.emitted = count = sender.emitted + 1
        # `LogWriter.add`, `Exchange.post` and `Inbox.schedule` in place, as in `Context.submit`.
        attributes, shared = event.__dict__.copy(), self._shared
        for value in attributes.values():
            kind = value.__class__
            if kind is str:
                if len(value) <= SHORT:
                    continue
            elif kind in SCALARS:
                continue
            attributes = writer.frozen(attributes)
            break
        if len(inboxes) > 1 or attributes.__class__ is Described:
            shared[number] = attributes
        elif shared and number in shared:
            shared.pop(number, None)
        cls, cause, phase = event.__class__, self._number, exchange.phase
        writer.submitted((perf_counter(), number, cls, attributes, sender.name, cause, inboxes, phase))
        for inbox in inboxes:
            inbox.queue.append(event)
            if inbox.token:
                try:
                    inbox.token.pop()
                except IndexError:  # another thread was faster
                    continue
                inbox.level.append(inbox)
                if exchange.idle and not exchange.waking:
                    exchange.wake()
        if not count % CHUNK:
            writer.settle()
        return len(inboxes)


class HeldContext(Context):
    """A context for work on the event loop that a hold keeps the phase open for; made on the thread that runs it."""

    __slots__ = ("_hold",)

    def __init__(self, hold: Hold) -> None:
        """Submit through a hold, which another releases."""
        exchange, inbox, _ = hold._facts()
        super().__init__(exchange, inbox)
        self._hold = hold

    @property
    def event(self) -> Event | None:
        """The event that was being handled when the hold was taken, where the run is watched."""
        return self._hold._facts()[2]

    def submit(self, event: Event) -> int:
        """Send an event through the hold."""
        self._check_owner()
        return self._hold.submit(event)

    def hold(self) -> Hold:
        """Keep the phase open beyond this work."""
        self._check_owner()
        return self._exchange.hold(self._inbox, self.event)

    def _defer(self, event: Event, room_for: Event | None = None) -> None:  # noqa: ARG002 - the hold waits for no room
        self._check_owner()
        self._hold._defer(event)


class ForwardingContext(Context):
    """A context that wraps another; decorators of `process` derive from it."""

    __slots__ = ("inner",)

    def __init__(self, inner: Context) -> None:
        """Wrap `inner`, which may be outside of any run, for the same delivery."""
        self.inner = inner
        self._owner = get_ident()

    @property
    def event(self) -> Event | None:
        """The event that is being handled, where the run is watched."""
        return self.inner.event

    @property
    def processor(self) -> str:
        """The name of the processor."""
        return self.inner.processor

    @property
    def phase(self) -> int:
        """The number of the phase."""
        return self.inner.phase

    @property
    def archive(self) -> Archive:
        """The archive of this processor."""
        return self.inner.archive

    def submit(self, event: Event) -> int:
        """Send an event through the inner context."""
        self._check_owner()
        return self.inner.submit(event)

    def hold(self) -> Hold:
        """Keep the phase open, through the inner context."""
        self._check_owner()
        return self.inner.hold()

    def _event_loop(self) -> LoopThread:
        return self.inner._event_loop()

    def _note_replay(self, recorded: float) -> None:
        self.inner._note_replay(recorded)

    def _work(self) -> Work:
        return self.inner._work()

    def _defer(self, event: Event, room_for: Event | None = None) -> None:
        self._check_owner()
        self.inner._defer(event, room_for)

    def _receivers(self, event: Event) -> tuple[Handler, ...]:
        return self.inner._receivers(event)


class DetachedContext(Context):
    """A context outside of any run: what is submitted is collected, and archives are empty."""

    __slots__ = ("_archive", "_name", "_submitted")

    def __init__(self, name: str) -> None:
        self._name = name
        self._submitted: list[Event] = []
        self._archive: Archive | None = None

    def submit(self, event: Event) -> int:
        """Collect an event; it has no recipients."""
        if not isinstance(event, Event):
            raise NotAnEvent(event)
        self._submitted.append(event)
        return 0

    def _work(self) -> Work:
        return Work()

    def _event_loop(self) -> LoopThread:
        return LoopThread(self._name)  # never started: outside of a run, a build is waited for

    def _defer(self, event: Event, room_for: Event | None = None) -> None:
        pass  # nothing is handled after this delivery

    def _receivers(self, event: Event) -> tuple[Handler, ...]:  # noqa: ARG002 - as a Context
        return ()

    def hold(self) -> Hold:
        """Return a hold whose submits are collected as well."""
        return Hold(self, object(), self._name, None)

    def submit_held(self, token: object, event: Event, sender: str, cause: Event | None) -> int:  # noqa: ARG002
        """Collect what a hold submits; the signature is that of a HoldKeeper."""
        return self.submit(event)

    def defer_held(self, token: object, event: Event, inbox: Inbox, cause: Event | None) -> None:
        """Do nothing: nothing is handled after this delivery."""

    def release_hold(self, token: object, *, leaked: bool = False) -> None:
        """Do nothing: no phase is open outside of a run."""

    @property
    def submitted(self) -> tuple[Event, ...]:
        """What was submitted, in order."""
        return tuple(self._submitted)

    @property
    def processor(self) -> str:
        """The name of the processor."""
        return self._name

    @property
    def phase(self) -> int:
        """0: there are no phases outside of a run."""
        return 0

    @property
    def archive(self) -> Archive:
        """An empty archive in memory: nothing is replayed, nothing is written."""
        if self._archive is None:
            self._archive = InMemCache()
        return self._archive


def process_detached(name: str, process: Callable[[Context, Any], object], event: Any) -> tuple[Event, ...]:
    """Call a bound `process` outside of any run, under the name that its context shows; return what it submitted."""
    context = DetachedContext(name)
    process(context, event)
    return context.submitted
