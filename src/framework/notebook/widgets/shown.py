"""`Shown`: objects that a cell shows richly. `framework.notebook.display` registers how those of other rooms are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from framework.observe.text import message_of, short_repr

BUNDLES: dict[type, Callable[[Any], Any]] = {}
"""Makes the display bundle of a class; models do not import their widgets."""


class Shown:
    """Displays itself in every front end that asks for MIME bundles; never raises, because that ends Run All."""

    def _repr_mimebundle_(self, **_: Any) -> Any:
        return safely(self._bundle, self)

    def _bundle(self) -> Any:
        return next(BUNDLES[kind] for kind in type(self).__mro__ if kind in BUNDLES)(self)


def safely(bundle: Callable[[], Any], value: object) -> Any:
    """Return a display bundle; where making it raises, the repr of the value and the reason."""
    try:
        return bundle()
    except Exception as error:  # noqa: BLE001 - a user's object may raise anything, and the cell must go on
        return {
            "text/plain": f"{short_repr(value)}\n(no picture: {type(error).__name__}: {short_repr(message_of(error))})"
        }
