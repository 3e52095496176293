"""Short texts of values and errors: bounded in length and time, and never an exception other than Ctrl-C."""

from __future__ import annotations

import difflib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

REPR_LENGTH, MESSAGE_LENGTH = 160, 1000
ALIKE = 0.75
"""The least ratio of `difflib` at which a name may be a misspelling of another: 'wage' and 'wages' have 0.89."""


def short_repr(value: object, limit: int = REPR_LENGTH) -> str:
    """Return `repr(value)`, at most `limit` characters of it, or the name of what it raised.

    Built-in containers are read only as far as they are shown, so that a large one costs no more than a small one.
    """
    if id(type(value)) not in _BOUNDED:
        return _cut(_whole(value), limit)
    text, size = [], 0
    try:
        for piece in _pieces(value, limit, ()):
            text.append(piece)
            size += len(piece)
            if size > limit:
                break
    except (RuntimeError, RecursionError) as error:  # another thread changes it, or it is nested too deeply
        return f"<{type(value).__name__} whose repr raised {type(error).__name__}>"
    return _cut("".join(text), limit)


def error_line(error: BaseException) -> str:
    """Return the type and the first line of the message of an error, at most `MESSAGE_LENGTH` characters of it."""
    kind = type(error).__name__
    try:
        lines = str(error).strip().splitlines()
    except KeyboardInterrupt:
        raise
    except BaseException as other:  # noqa: BLE001 - a user's __str__ may raise anything
        return f"{kind} (whose message raised {type(other).__name__})"
    return f"{kind}: {_cut(lines[0], MESSAGE_LENGTH)}" if lines else kind


def message_of(error: BaseException) -> str:
    """Return the whole message of an error, or the name of what its `__str__` raised."""
    try:
        return str(error)
    except KeyboardInterrupt:
        raise
    except BaseException as other:  # noqa: BLE001 - a user's __str__ may raise anything
        return f"<message raised {type(other).__name__}>"


def nearest_name(name: object, known: Iterable[str]) -> str | None:
    """Return the name that another one is probably meant to be; names that differ in digits only are meant."""
    if not isinstance(name, str):
        return None
    others = {other.casefold(): other for other in known if other != name and _letters(other) != _letters(name)}
    near = difflib.get_close_matches(name.casefold(), others, n=1, cutoff=ALIKE)
    return others[near[0]] if near else None


def _letters(name: str) -> str:
    return "".join(letter for letter in name if not letter.isdigit())


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 3] + "..."


def _pieces(value: Any, limit: int, outer: tuple[object, ...]) -> Iterator[str]:
    kind = type(value)
    if id(kind) not in _BOUNDED:
        yield _whole(value)
    elif kind in _SLICED:
        yield _whole(value[: limit + 1])
    elif any(value is one for one in outer):
        yield "{...}" if kind is dict else "[...]"
    else:
        yield from _CONTAINERS[kind](value, limit, (*outer, value))


def _whole(value: object) -> str:
    try:
        return repr(value)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - a user's repr may raise anything, SystemExit as well
        return f"<{type(value).__name__} whose repr raised {type(error).__name__}>"


def _items(values: Iterable[Any], limit: int, outer: tuple[object, ...]) -> Iterator[str]:
    separator = ""
    for value in values:
        yield separator
        yield from _pieces(value, limit, outer)
        separator = ", "


def _enclosed(opening: str, closing: str) -> Callable[[Any, int, tuple[object, ...]], Iterator[str]]:
    def pieces(values: Any, limit: int, outer: tuple[object, ...]) -> Iterator[str]:
        yield opening
        yield from _items(values, limit, outer)
        yield closing

    return pieces


def _tuple(values: tuple[Any, ...], limit: int, outer: tuple[object, ...]) -> Iterator[str]:
    yield "("
    yield from _items(values, limit, outer)
    yield ",)" if len(values) == 1 else ")"


def _dict(values: dict[Any, Any], limit: int, outer: tuple[object, ...]) -> Iterator[str]:
    yield "{"
    separator = ""
    for key, value in values.items():
        yield separator
        yield from _pieces(key, limit, outer)
        yield ": "
        yield from _pieces(value, limit, outer)
        separator = ", "
    yield "}"


def _set(values: set[Any] | frozenset[Any], limit: int, outer: tuple[object, ...]) -> Iterator[str]:
    # A small set of strings in their order: the same text in every process.
    known = len(values) <= limit and {*map(type, values)} == {str}
    yield "set()" if not values and type(values) is set else "" if type(values) is set else "frozenset("
    if values:
        yield from _enclosed("{", "}")(sorted(values) if known else values, limit, outer)
    yield "" if type(values) is set else ")"


def _deque(values: deque[Any], limit: int, outer: tuple[object, ...]) -> Iterator[str]:
    yield from _enclosed("deque([", "]")(values, limit, outer)
    yield ")" if values.maxlen is None else f", maxlen={values.maxlen})"


_SLICED = (str, bytes, bytearray)
_CONTAINERS: dict[type, Callable[[Any, int, tuple[object, ...]], Iterator[str]]] = {
    list: _enclosed("[", "]"),
    tuple: _tuple,
    dict: _dict,
    set: _set,
    frozenset: _set,
    deque: _deque,
}
_BOUNDED = frozenset(map(id, (*_SLICED, *_CONTAINERS)))  # a metaclass may have no __hash__, or its own __eq__
