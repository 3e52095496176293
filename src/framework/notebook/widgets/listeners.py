"""Who wants to know that something changed: the views of a stepper or a monitor."""

from __future__ import annotations

from collections.abc import Callable


class Listeners:
    """Callbacks without arguments, told that there is something new; they must return at once."""

    def __init__(self) -> None:
        """Start with none."""
        self._callbacks: tuple[Callable[[], object], ...] = ()

    def add(self, callback: Callable[[], object]) -> None:
        """Tell `callback` from now on."""
        self._callbacks = (*self._callbacks, callback)

    def remove(self, callback: Callable[[], object]) -> None:
        """Tell `callback` no more."""
        self._callbacks = tuple(known for known in self._callbacks if known != callback)

    def tell(self) -> None:
        """Tell everybody."""
        for callback in self._callbacks:
            callback()
