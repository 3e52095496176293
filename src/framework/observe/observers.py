"""Deliver happenings to observers. Start at `Observable`, the three questions that every runtime answers."""

from __future__ import annotations

import inspect
import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from framework.observe.graph import Graph
    from framework.observe.happenings import Happening
    from framework.observe.snapshot import Snapshot

logger = logging.getLogger(__name__)

Observer = Callable[[Any], object]
"""Called with one happening, from whichever thread it happened on."""


class Observable(Protocol):
    """What a pipeline and a flow have in common: what it is, how it is now, what happens."""

    def graph(self) -> Graph:
        """Return its nodes and edges."""

    def snapshot(self) -> Snapshot:
        """Return its counts now."""

    def observe(self, callback: Observer) -> Subscription:
        """Call `callback` with every happening until the subscription is closed."""


class Subscription:
    """An attached observer; `close()` detaches it, closing twice is harmless."""

    def __init__(self, observers: Observers, callback: Observer) -> None:
        self._observers = observers
        self._callback = callback

    def close(self) -> None:
        """Detach the observer; it is called no more."""
        self._observers.detach(self._callback)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Observers:
    """Fan-out to observers; `watched` is False while there are none, so that a runtime asks with one `if`.

    An observer that raises is logged with its traceback and dropped; the run goes on.
    """

    __slots__ = ("_callbacks", "_lock", "watched")

    def __init__(self) -> None:
        # Replaced whole under the lock, read without it: attaching is rare, notifying is not.
        self._callbacks: tuple[Observer, ...] = ()
        self._lock = threading.Lock()
        self.watched = False

    def attach(self, callback: Observer) -> Subscription:
        """Call `callback` from now on.

        Raises:
            TypeError: `callback` cannot be called, or is a coroutine function.
        """
        if not callable(callback):
            raise TypeError(f"observe takes a function of one happening, got {type(callback).__name__}: observe(print)")
        if any(inspect.iscoroutinefunction(one) for one in (callback, getattr(type(callback), "__call__", None))):  # noqa: B004
            raise TypeError(f"an observer is called and never awaited, {callback!r} is async: write `def`")
        with self._lock:
            self._callbacks = (*self._callbacks, callback)
            self.watched = True
        return Subscription(self, callback)

    def detach(self, callback: Observer) -> None:
        """Call `callback` no more; unknown ones are ignored."""
        with self._lock:
            self._callbacks = tuple(known for known in self._callbacks if known is not callback)
            self.watched = bool(self._callbacks)

    def notify(self, happening: Happening) -> None:
        """Call every observer; one that raises is logged and detached."""
        for callback in self._callbacks:
            try:
                callback(happening)
            except (Exception, SystemExit):
                self.detach(callback)
                logger.exception("observer %r failed and is called no more", callback)

    def any_wants(self, trait: str) -> bool:
        """Return whether an observer has that trait set, as a `Recorder` has `_wants_matches`."""
        return any(getattr(callback, trait, False) for callback in self._callbacks)
