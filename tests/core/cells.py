"""Runs text as a notebook does: each text is a cell, its lines are known to linecache."""

import itertools
import linecache
from typing import Any

from framework.core.event import Event
from framework.core.processor import AbstractProcessor

_numbers = itertools.count(1)


def run_cell(text: str, namespace: dict[str, Any] | None = None, file: str | None = None) -> dict[str, Any]:
    """Run a cell in a namespace, which has the names that every cell needs; give it back."""
    namespace = {} if namespace is None else namespace
    namespace.update(Event=Event, AbstractProcessor=AbstractProcessor)
    namespace.setdefault("__name__", "__cells__")  # like the __main__ of a kernel a module without a file
    file = file or f"<ipython-input-{next(_numbers)}-0>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    exec(compile(text, file, "exec"), namespace)
    return namespace
