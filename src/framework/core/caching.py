"""`@caching`: emit archived events for an input that was handled before."""

from __future__ import annotations

import functools
import inspect
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, overload

from framework.archive.archive import loaded
from framework.archive.records.serialize import IMMUTABLE, dumps, loads
from framework.core.context import Context, ForwardingContext
from framework.core.event import CONTROL, Event, refusal
from framework.core.identity.input_key import input_key
from framework.core.mailboxes.hold import Hold
from framework.errors import OptionError

Method = TypeVar("Method", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class CachedDelivery:
    """One record of the archive: an input, what was emitted for it, when (Unix time) and how long it took (seconds)."""

    event: Event
    emitted: tuple[Event, ...]
    at: float
    seconds: float

    @property
    def input(self) -> Event:
        """The event."""
        return self.event

    @property
    def output(self) -> tuple[Event, ...]:
        """The emitted events."""
        return self.emitted


@overload
def caching(process: Method) -> Method: ...
@overload
def caching(
    process: None = None, *, depends: Any = (), ignore: Any = (), version: str | int | None = None
) -> Callable[[Method], Method]: ...
def caching(
    process: Method | None = None, *, depends: Any = (), ignore: Any = (), version: str | int | None = None
) -> Method | Callable[[Method], Method]:
    """Keep what `process` emits for an input, and emit it again instead of running when the input comes again.

    Inputs are compared by digest, within the archive of the processor's identity: other code or other constructor
    arguments start an empty one. The input is kept as it came, events as they were when they were submitted. Only calls
    that return, take no hold and defer nothing are kept; a cached call inside of a cached call is part of it, and keeps
    nothing of its own; the pipeline's own events always run. A record that cannot be loaded is computed again, with a
    warning. Write `@caching` or `@caching()` above `def process`.

    Args:
        process: the method.
        depends: what else the results depend on, one or several: modules, functions, classes, `Path` objects for the
            content of files, values.
        ignore: parameters of the constructor, or attributes, that change no result.
        version: stands for the code, which then does not count.

    Raises:
        OptionError: the decorated object is no function.
        Undigestable: the delivery fails because its input has no digest.
        Unpicklable: the delivery fails because what it emits cannot be kept.
    """
    if process is None:
        return functools.partial(caching, depends=depends, ignore=ignore, version=version)
    if not callable(process) or isinstance(process, type):
        raise OptionError(f"caching decorates the process of a processor, got {process!r}: @caching above def process")

    @functools.wraps(process)
    def called(self: Any, context: Context, event: Event) -> object:
        delivery = _CachedCall(context, event)
        if not delivery.is_kept:
            return process(self, context, event)
        if delivery.replay():
            return None
        with delivery:
            return process(self, delivery.recording, event)

    @functools.wraps(process)
    async def awaited(self: Any, context: Context, event: Event) -> object:
        delivery = _CachedCall(context, event)
        if not delivery.is_kept:
            return await process(self, context, event)  # type: ignore[misc]  # a coroutine function
        if delivery.replay():
            return None
        with delivery:
            return await process(self, delivery.recording, event)  # type: ignore[misc]

    cached = awaited if inspect.iscoroutinefunction(process) else called
    vars(cached).update(opens_archive=True, depends=depends, ignore=ignore, version=version)
    return cached  # type: ignore[return-value]


class _CachedCall:
    """One call of a cached `process`: replayed, or recorded when the `with` block ends without an error."""

    def __init__(self, context: Context, event: Event) -> None:
        self._context = context
        self._event = event
        # A cached call in a cached call: the outer one keeps what this one emits, or nothing if it fails.
        self.is_kept = event.name not in CONTROL and not _is_recorded(context)

    def replay(self) -> bool:
        """Emit what is archived; returns whether there was anything."""
        started = time.perf_counter()
        self._key = input_key(self._event, name="event")
        record = loaded(self._context.archive, self._key)
        if not isinstance(record, CachedDelivery):
            return False
        self._context._note_replay(record.at)
        for emitted in record.emitted:
            self._context.submit(emitted)
        work = self._context._work()
        work.replayed += 1
        work.replay_seconds += time.perf_counter() - started
        return True

    def __enter__(self) -> None:
        self._came = _as_it_came(self._event)
        self.recording = _Recording(self._context)
        self._at, self._started = time.time(), time.perf_counter()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        seconds = time.perf_counter() - self._started
        # What a hold or a deferred event will submit belongs to it and is not known yet.
        if kind is None:
            self._context._work().built += 1
        if kind is None and self.recording.complete:
            emitted = tuple(self.recording.emitted)
            self._context.archive[self._key] = CachedDelivery(self._came, emitted, self._at, seconds)


def _as_it_came(event: Event) -> Event:
    """Return the event, or a copy where `process` could change it."""
    if type(event) is Event and IMMUTABLE.issuperset(map(type, vars(event).values())):
        return event
    copied: Event = loads(dumps(event, name=f"event {event.name}"))
    return copied


def _is_recorded(context: Context) -> bool:
    while isinstance(context, ForwardingContext):
        if isinstance(context, _Recording):
            return True
        context = context.inner
    return False


class _Recording(ForwardingContext):
    """Keeps a copy of every submitted event, as it was then."""

    __slots__ = ("complete", "emitted")

    def __init__(self, inner: Context) -> None:
        super().__init__(inner)
        self.emitted: list[Event] = []
        self.complete = True

    def hold(self) -> Hold:
        self.complete = False
        return self.inner.hold()

    def _defer(self, event: Event, room_for: Event | None = None) -> None:
        self.complete = False
        super()._defer(event, room_for)

    def submit(self, event: Event) -> int:
        if not isinstance(event, Event):
            raise refusal(event)
        self.emitted.append(loads(dumps(event, name=f"event {event.name}")))
        return super().submit(event)
