"""Short texts of values: bounded in size and time, and never an exception."""

from __future__ import annotations

import reprlib
from array import array
from collections import deque
from collections.abc import Mapping
from typing import Any

from framework.observe.reports import short_repr

LENGTH = 160


_BUILT_IN = (str, int, list, tuple, dict, set, frozenset, deque, array)


class _Glance(reprlib.Repr):
    """Looks only at the first items of containers, so that a large one costs no more than a small one."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = 4
        self.maxdict = self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = self.maxdeque = 8
        self.maxstring = self.maxother = self.maxlong = LENGTH

    def repr1(self, x: Any, level: int) -> str:
        """Look into what is built in; reprlib goes by the name of a class, which anybody may give to theirs."""
        known = any(type(x) is kind for kind in _BUILT_IN)
        return super().repr1(x, level) if known else self.repr_instance(x, level)

    def repr_instance(self, x: Any, level: int) -> str:  # noqa: ARG002 - the signature of reprlib
        return short_repr(x, LENGTH)


_glance = _Glance()


def glance(value: object) -> str:
    """About what `repr(value)` says, at most `LENGTH` characters of it."""
    try:
        text = _glance.repr(value)
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - what is inside may raise when it is sorted, and a long int when it is written
        text = short_repr(value, LENGTH)
    return text if len(text) <= LENGTH else text[: LENGTH - 3] + "..."


def attributes_of(thing: object) -> Mapping[str, str]:
    """The public attributes of an object, each as a short text."""
    public = {name: value for name, value in vars(thing).items() if not name.startswith("_")}
    return {name: glance(value) for name, value in public.items() if name not in {"name", "priority"}}
