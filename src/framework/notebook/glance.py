"""Short texts of values: bounded in size and time, and never an exception."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from typing import Any

from framework.observe.reports import short_repr

LENGTH = 160


class _Glance(reprlib.Repr):
    """Looks only at the first items of containers, so that a large one costs no more than a small one."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = 4
        self.maxdict = self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = self.maxdeque = 8
        self.maxstring = self.maxother = self.maxlong = LENGTH

    def repr_instance(self, x: Any, level: int) -> str:  # noqa: ARG002 - the signature of reprlib
        return short_repr(x, LENGTH)


_glance = _Glance()


def glance(value: object) -> str:
    """About what `repr(value)` says, at most `LENGTH` characters of it."""
    text = _glance.repr(value)
    return text if len(text) <= LENGTH else text[: LENGTH - 3] + "..."


def attributes_of(thing: object) -> Mapping[str, str]:
    """The public attributes of an object, each as a short text."""
    public = {name: value for name, value in vars(thing).items() if not name.startswith("_")}
    return {name: glance(value) for name, value in public.items() if name not in {"name", "priority"}}
