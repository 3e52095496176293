"""`LiveWidget`: what the widgets share, between a plain view in Python and the JavaScript in `static/`."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from contextvars import copy_context
from pathlib import Path
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import anywidget
import traitlets

from framework.notebook.kernel import cell_name
from framework.notebook.widgets.markup import bundle as rich
from framework.notebook.widgets.markup import sendable
from framework.notebook.widgets.pusher import Pusher

_STATIC = Path(__file__).parent / "static"


def static_text(*names: str) -> str:
    """Return files of `static/` as one text: a widget's script is one module and fetches nothing."""
    return "\n".join((_STATIC / name).read_text(encoding="utf-8") for name in names)


class WidgetView(Protocol):
    """The Python side of a widget."""

    def state(self) -> Mapping[str, Any]:
        """Return everything that changes, ready for JSON."""

    def picture(self) -> str:
        """Return the part that changes seldom: an `<svg>`, or nothing."""

    def handle(self, command: Mapping[str, Any]) -> None:
        """Carry out a click; may take as long as the run that it starts."""


class LiveWidget(anywidget.AnyWidget):
    """Shows a view; sends its state when poked, and its commands to a thread."""

    state = traitlets.Dict().tag(sync=True)
    picture = traitlets.Unicode().tag(sync=True)
    moved = traitlets.Unicode().tag(sync=True)

    def __init__(self, view: WidgetView) -> None:
        super().__init__(state=_state(view), picture=view.picture())
        self._view = view
        # Copied in the cell that shows the widget, so that commands print there.
        self._context = copy_context()
        self._pusher = Pusher(self._push)
        self.poke: Callable[[], None] = self._pusher.poke
        self.on_msg(self._command)
        if self.comm is not None and hasattr(self.comm, "_reply_subshell_for"):
            # ipykernel 7.4 sends messages to whichever shell sent last, which may be the one that a cell keeps busy.
            self.comm._reply_subshell_for = lambda _, default: default  # noqa: SLF001 - there is no public way

    def move(self, where: str) -> None:
        """Stop showing, and say where the view is now."""
        self._pusher.close()
        self.moved = where

    def _push(self) -> None:
        picture = self._view.picture()
        if picture != self.picture:
            self.picture = picture
        self.state = _state(self._view)

    def _command(self, _: object, content: Mapping[str, Any], __: object) -> None:
        # Handlers are called on any thread, and must not wait: the next click comes through the same one.
        work = self._context.copy()
        threading.Thread(target=work.run, args=(self._handle, content), name="framework-command", daemon=True).start()

    def _handle(self, content: Mapping[str, Any]) -> None:
        self._view.handle(content)
        self._pusher.poke()


_shown: WeakKeyDictionary[Any, LiveWidget] = WeakKeyDictionary()


def show(model: Any, widget: LiveWidget, html: str, text: str) -> Any:
    """Return the display bundle of a model's widget, with what a saved notebook shows where there is no kernel.

    A former widget of the model says where it moved.
    """
    former = _shown.get(model)
    if former is not None:
        model.listeners.remove(former.poke)
        former.move(f"moved to {cell_name() or 'another view'}")
    model.listeners.add(widget.poke)
    _shown[model] = widget
    bundle = widget._repr_mimebundle_()
    data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
    return {**(data or {}), **rich(html, text)}, metadata


def _state(view: WidgetView) -> dict[str, Any]:
    state: dict[str, Any] = json.loads(sendable(json.dumps(view.state(), ensure_ascii=False)))
    return state
