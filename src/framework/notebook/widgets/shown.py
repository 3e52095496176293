"""`Shown`: objects that a cell shows richly. `framework.notebook.display` registers how those of other rooms are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from framework.errors import OptionError
from framework.notebook.widgets.markup import bundle, page
from framework.observe.text import message_of, short_repr

LIVE: dict[type, Callable[[Any], Any]] = {}
"""Makes the display bundle of a class with a widget; models do not import their widgets."""
STATIC: dict[type, Callable[[Any], tuple[str, str]]] = {}
"""Makes the HTML and the text of such a class as they stay in a saved notebook."""


class Shown:
    """Displays itself in every front end that asks for MIME bundles; never raises, because that ends Run All."""

    def save(self, path: str | Path) -> Path:
        """Write what a saved notebook shows to an `.html` file, and return its path.

        Raises:
            OptionError: `path` is no path, or has another suffix.
        """
        if not isinstance(path, str | Path) or Path(path).suffix.lower() != ".html":
            raise OptionError(f"this is saved as an .html file, got {path!r}: save('shown.html')")
        html, _ = self._static()
        Path(path).write_text(page(html), encoding="utf-8")
        return Path(path)

    def _repr_mimebundle_(self, **_: Any) -> Any:
        return safely(self._bundle, self)

    def _bundle(self) -> Any:
        live = _registered(LIVE, self)
        return bundle(*self._static()) if live is None else live(self)

    def _static(self) -> tuple[str, str]:
        static: tuple[str, str] = _registered(STATIC, self)(self)
        return static


def _registered(made: dict[type, Any], value: object) -> Any:
    return next((made[kind] for kind in type(value).__mro__ if kind in made), None)


def safely(bundle: Callable[[], Any], value: object) -> Any:
    """Return a display bundle; where making it raises, the repr of the value and the reason."""
    try:
        return bundle()
    except Exception as error:  # noqa: BLE001 - a user's object may raise anything, and the cell must go on
        return {
            "text/plain": f"{short_repr(value)}\n(no picture: {type(error).__name__}: {short_repr(message_of(error))})"
        }
