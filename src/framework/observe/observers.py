"""Who is told what happens. Start at `Observable`, the three questions that every runtime answers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Protocol, Self

from framework.observe.graph import Graph
from framework.observe.happenings import Happening
from framework.observe.snapshot import Snapshot

logger = logging.getLogger(__name__)

Observer = Callable[[Any], object]
"""Called with one happening, from whichever thread it happened on."""


class Observable(Protocol):
    """What a pipeline and a flow have in common: what it is, how it is now, what happens."""

    def graph(self) -> Graph:
        """What it is."""
        ...

    def snapshot(self) -> Snapshot:
        """How it is now."""
        ...

    def observe(self, callback: Observer) -> Subscription:
        """Have `callback` told what happens, until the subscription is closed."""
        ...


class Subscription:
    """An attached observer; `close()` detaches it, closing twice is harmless."""

    def __init__(self, observers: Observers, callback: Observer) -> None:
        """Made by `Observers.attach`."""
        self._observers = observers
        self._callback = callback

    def close(self) -> None:
        """Detach the observer; it is told nothing more."""
        self._observers.detach(self._callback)

    def __enter__(self) -> Self:
        """Watch for the length of a `with` block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Detach at the end of the block."""
        self.close()


class Observers:
    """Fan-out to observers; `watched` is False while there are none, so that a runtime asks with one `if`.

    An observer that raises is logged with its traceback and dropped; the run goes on.
    """

    __slots__ = ("_callbacks", "_lock", "watched")

    def __init__(self) -> None:
        """Start with nobody watching."""
        # Replaced whole under the lock, read without it: attaching is rare, telling is not.
        self._callbacks: tuple[Observer, ...] = ()
        self._lock = threading.Lock()
        self.watched = False

    def attach(self, callback: Observer) -> Subscription:
        """Tell `callback` from now on.

        Raises:
            TypeError: `callback` cannot be called.
        """
        if not callable(callback):
            raise TypeError(f"observe takes a function of one happening, got {type(callback).__name__}: observe(print)")
        with self._lock:
            self._callbacks = (*self._callbacks, callback)
            self.watched = True
        return Subscription(self, callback)

    def detach(self, callback: Observer) -> None:
        """Tell `callback` no more; unknown ones are ignored."""
        with self._lock:
            self._callbacks = tuple(known for known in self._callbacks if known is not callback)
            self.watched = bool(self._callbacks)

    def notify(self, happening: Happening) -> None:
        """Tell everybody; whoever fails is dropped."""
        for callback in self._callbacks:
            try:
                callback(happening)
            except (Exception, SystemExit):
                self.detach(callback)
                logger.exception("observer %r failed and is told nothing more", callback)

    def any_wants(self, trait: str) -> bool:
        """Whether an observer has that trait set, as a `Recorder` has `wants_matches`."""
        return any(getattr(callback, trait, False) for callback in self._callbacks)
