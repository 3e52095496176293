"""Stand-ins for classes and functions that a stored value needs and that do not exist here."""

from __future__ import annotations

import functools
from typing import Any, Self


class Placeholder:
    """An object whose class does not exist here: the attributes, and in `args` the arguments that made it.

    `type(x).__module__` and `type(x).__qualname__` still name the class.
    """

    args: tuple[Any, ...] = ()

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Take any arguments, as the real class may have."""
        self = super().__new__(cls)
        if args:
            self.args = args
        self.__dict__.update(kwargs)
        return self

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Accept what `__new__` has kept."""

    def __setstate__(self, state: Any) -> None:
        """Keep the state: as attributes where it names them, else as `state`."""
        plain, slots = state if isinstance(state, tuple) and len(state) == 2 else (state, None)  # noqa: PLR2004 - pickle's pair
        if not all(part is None or isinstance(part, dict) for part in (plain, slots)):
            plain, slots = {"state": state}, None
        self.__dict__.update({str(name): value for part in (plain, slots) if part for name, value in part.items()})

    def append(self, item: Any) -> None:
        """Keep an item of what was a list."""
        self.__dict__.setdefault("items", []).append(item)

    def extend(self, items: Any) -> None:
        """Keep items of what was a list."""
        self.__dict__.setdefault("items", []).extend(items)

    def __setitem__(self, key: Any, item: Any) -> None:
        """Keep an entry of what was a dict."""
        self.__dict__.setdefault("entries", []).append((key, item))

    def __repr__(self) -> str:
        known = [repr(arg) for arg in self.args] + [f"{name}={value!r}" for name, value in vars(self).items()]
        return f"<{type(self).__qualname__}: {', '.join(part for part in known)}>"


@functools.cache
def placeholder(module: str, name: str) -> type[Placeholder]:
    """Return the stand-in for a class or function of that name; the same each time."""
    return type(name.rpartition(".")[2], (Placeholder,), {"__module__": module, "__qualname__": name})
