"""Who wants to know that something changed: the views of a stepper or a monitor."""

from __future__ import annotations

import logging
from collections.abc import Callable

logger = logging.getLogger(__name__)


class Listeners:
    """Callbacks without arguments, told that there is something new; they must return at once."""

    def __init__(self) -> None:
        self._callbacks: tuple[Callable[[], object], ...] = ()

    def add(self, callback: Callable[[], object]) -> None:
        """Tell `callback` from now on."""
        self._callbacks = (*self._callbacks, callback)

    def remove(self, callback: Callable[[], object]) -> None:
        """Tell `callback` no more."""
        self._callbacks = tuple(known for known in self._callbacks if known != callback)

    def tell(self) -> None:
        """Call every callback; one that raises, such as a closed output, is removed."""
        for callback in self._callbacks:
            try:
                callback()
            except Exception:
                logger.exception("a view could not be told and is told no more")
                self.remove(callback)
