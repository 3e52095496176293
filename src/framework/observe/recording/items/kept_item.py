"""`kept`: what a history keeps of an item, cheap enough for every item of a flow."""

from __future__ import annotations

from typing import Any, NamedTuple

from framework.observe.recording.change_marks import ATOMS
from framework.observe.recording.frozen import SCALARS, frozen
from framework.observe.text import short_repr

MOST_PARTS, LONGEST_PART, DEEPEST = 12, 256, 3
"""Parts of an item, characters of one, and levels, up to which it is copied: a description takes ten times as long."""
_SIZED = frozenset({str, bytes})
_UNLIKE = object()  # stands for what is not copied


class Copy(NamedTuple):
    """Stands for an item that can change and is made of few small parts that cannot: its type and a copy of them."""

    kind: type
    parts: Any

    def __repr__(self) -> str:
        if self.kind in {dict, list, tuple}:
            return short_repr(self.parts)
        return f"{self.kind.__name__}({', '.join(f'{name}={short_repr(part)}' for name, part in self.parts.items())})"


def kept(value: Any) -> Any:
    """Return an item itself if it cannot change and is small, else a copy or a description of it."""
    kind = value.__class__
    if kind in SCALARS:
        return value
    if kind is tuple or kind in _SIZED:
        return frozen(value)
    state = value if kind in {dict, list} else getattr(value, "__dict__", None)
    copy = _copied(state, DEEPEST) if state else _UNLIKE
    return frozen(value) if copy is _UNLIKE else Copy(kind, copy)


def _copied(value: Any, depth: int) -> Any:
    kind = value.__class__
    if kind in SCALARS:
        return value
    if kind in _SIZED:
        return value if len(value) <= LONGEST_PART else _UNLIKE
    if kind not in {dict, list, tuple} or not depth or len(value) > MOST_PARTS:
        return _UNLIKE
    if kind is dict:
        if not ATOMS.issuperset(map(type, value)):
            return _UNLIKE
        parts = [_copied(part, depth - 1) for part in value.values()]
        return _UNLIKE if _UNLIKE in parts else dict(zip(value, parts, strict=True))
    parts = [_copied(part, depth - 1) for part in value]
    return _UNLIKE if _UNLIKE in parts else kind(parts)
