"""What a history may keep of a value: the value itself if it cannot change, else a bounded description of it.

Start at `frozen`. A description never calls a user's `repr`, which may be slow, huge, or raise: containers are
described by their first items, arrays and tables by type and shape.
"""

from __future__ import annotations

import enum
from itertools import islice
from typing import Any, NamedTuple

from framework.observe.recording.change_marks import ATOMS, mark_of
from framework.observe.text import short_repr

SHOWN_ITEMS, SHOWN_DEPTH, SHOWN_TEXT = 6, 3, 80
LARGE = 4096
"""Characters or bytes of one value above which it is described, so that it does not stay in memory."""
_SIZED = frozenset({str, bytes})
SCALARS = ATOMS - _SIZED
"""Types whose instances cannot change and are small."""
SHORT = 64
"""Characters of a text that count as nothing."""


class ValueDescription(NamedTuple):
    """Stands for a value that can change: its text at that moment, its size in bytes where it says so, and its type.

    `mark` is a number that a change of what the text leaves out changes as well, as far as it was looked at.
    """

    text: str
    size: int
    kind: type
    mark: int = 0

    def __repr__(self) -> str:
        return self.text


def frozen(value: Any) -> Any:
    """Return `value` if it cannot change and is small, otherwise a `ValueDescription` of it."""
    kind = value.__class__
    if kind in ATOMS:
        return value if kind not in _SIZED or len(value) <= LARGE else described(value)
    if kind is tuple and len(value) <= SHOWN_ITEMS and all(item.__class__ in ATOMS for item in value):
        return value if not any(item.__class__ in _SIZED and len(item) > LARGE for item in value) else described(value)
    return value if isinstance(value, enum.Enum) else described(value)


def described(value: Any) -> ValueDescription:
    """Return the bounded description of a value; it differs when the value has visibly changed."""
    try:
        return ValueDescription(
            _text(value, SHOWN_DEPTH),
            _size(value),
            type(value),
            0 if type(value) in _SIZED else mark_of(value),
        )
    except Exception as error:  # noqa: BLE001 - a user's __len__ or __iter__ may raise anything
        kind = type(value)
        return ValueDescription(f"<{kind.__name__} that raised {type(error).__name__}>", 0, kind)


def _text(value: Any, depth: int) -> str:
    kind = value.__class__
    if kind is ValueDescription:
        return str(value.text)
    if kind in ATOMS:
        # A number of thousands of digits has no repr.
        text = repr(value[:SHOWN_TEXT]) if kind in _SIZED else short_repr(value)
        return text if kind not in _SIZED or len(value) <= SHOWN_TEXT else f"{text}... ({len(value)})"
    if kind in _CONTAINERS:
        return _container(value, depth)
    shape = getattr(value, "shape", None)
    if shape is not None:
        dtype = getattr(value, "dtype", None)
        return f"<{kind.__name__} {shape}>" if dtype is None else f"<{kind.__name__} {shape} {dtype}>"
    state = getattr(value, "__dict__", None)
    if state and depth:
        return f"{kind.__name__}({_pairs(state, depth, '=')})"
    return f"<{kind.__name__}>"


_CONTAINERS = {list: ("[", "]"), tuple: ("(", ")"), set: ("{", "}"), frozenset: ("{", "}"), dict: ("{", "}")}


def _container(value: Any, depth: int) -> str:
    (opening, closing), kind = _CONTAINERS[value.__class__], value.__class__
    if not depth:
        return f"{opening}...{closing} ({len(value)})"
    if kind is dict:
        inside = _pairs(value, depth, ": ")
    else:
        inside = ", ".join(_text(item, depth - 1) for item in islice(value, SHOWN_ITEMS))
    more = f", ... ({len(value)})" if len(value) > SHOWN_ITEMS else ""
    return f"{opening}{inside}{more}{closing}"


def _pairs(mapping: dict[Any, Any], depth: int, between: str) -> str:
    shown = islice(list(mapping.items()), SHOWN_ITEMS)
    return ", ".join(
        f"{name if between == '=' else _text(name, 0)}{between}{_text(item, depth - 1)}" for name, item in shown
    )


def _size(value: Any) -> int:
    size = getattr(value, "nbytes", None)
    if isinstance(size, int):
        return size
    return value.__sizeof__() if value.__class__ in _CONTAINERS or value.__class__ in _SIZED else 0


class Described(dict[str, Any]):
    """Attributes of which some are descriptions."""


def frozen_attributes(attributes: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of the attributes of an event, every value that can change replaced by its description.

    It is a `Described` if any is.
    """
    for value in attributes.values():
        kind = value.__class__
        if kind not in SCALARS and (kind is not str or len(value) > SHORT):
            kept = {name: frozen(value) for name, value in attributes.items()}
            return Described(kept) if ValueDescription in map(type, kept.values()) else kept
    return attributes.copy()


def weight(attributes: dict[str, Any]) -> int:
    """Return the bytes of the texts and tuples among frozen attributes."""
    return sum(value.__sizeof__() for value in attributes.values() if isinstance(value, str | bytes | tuple))


def attributes_text(attributes: dict[str, Any]) -> str:
    """Return frozen attributes without the name, as `key=value` pairs."""
    return ", ".join(f"{key}={_text(value, 2)}" for key, value in attributes.items() if key != "name")


def event_text(kind: str, attributes: dict[str, Any]) -> str:
    """Return one line for an event as it was: `Event('paid', amount=3)`."""
    rest = attributes_text(attributes)
    name = repr(attributes["name"]) if "name" in attributes else ""
    return f"{kind}({', '.join(part for part in (name, rest) if part)})"


def revived(cls: type, attributes: dict[str, Any]) -> Any:
    """Return an event with these frozen attributes; None if one of them was kept as a description only."""
    if any(isinstance(value, ValueDescription) for value in attributes.values()):
        return None
    event: Any = object.__new__(cls)
    event.__dict__.update(attributes)
    return event


def type_of(value: Any) -> type:
    """Return the type that a frozen value had."""
    return value.kind if isinstance(value, ValueDescription) else type(value)
