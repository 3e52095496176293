"""What an identity is made of, for a reader and for the catalog."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from framework.observe.text import short_repr

if TYPE_CHECKING:
    from framework.archive.records.catalog import StoredPart

Kind = Literal["class", "function", "constant", "module", "file", "left out"]

_SHOWN = 80


class Part(NamedTuple):
    """One thing that counts, or that was left out.

    `label` names it from the processor's module; `where` is file and line; `text` its source, its value, or why it was
    left out; `user` the label of the part that led to it.
    """

    label: str
    kind: Kind
    where: str
    text: str
    user: str = ""

    @property
    def stored(self) -> StoredPart:
        """The part as the catalog keeps it."""
        return self[:4]


def shown(value: object) -> str:
    """A short repr for a reader that is the same tomorrow: no addresses, sets in order."""
    if isinstance(value, set | frozenset):
        return short_repr(sorted(value, key=repr), _SHOWN)
    text = short_repr(value, _SHOWN)
    return f"<{type(value).__qualname__}>" if " at 0x" in text else text


def source_text(parts: Iterable[Part]) -> str:
    """The source of all parts: what was met first, then the rest by name, then the constants."""
    parts = list(parts)
    code = [part for part in parts if part.kind not in {"constant", "left out"}]
    first, *others = code or [Part("", "class", "", "")]
    constants = sorted({f"{part.label} = {part.text}\n" for part in parts if part.kind == "constant"})
    texts = dict.fromkeys(part.text for part in sorted(others, key=lambda part: (part.label, part.text)))
    return "\n".join([first.text, *texts, *filter(None, ["".join(constants)])])


def tree(parts: Iterable[Part]) -> str:
    """The parts as a tree: below each what it uses, with file and line; at the end what was left out, and why."""
    parts = list(parts)
    below: dict[str, list[Part]] = {}
    for part in parts:
        if part.kind != "left out":
            below.setdefault(part.user, []).append(part)
    lines = list(_branches(below, "", "", set()))
    left_out = [f"  {part.label}: {part.text}" for part in parts if part.kind == "left out"]
    return "\n".join([*lines, *(["left out:", *left_out] if left_out else [])])


def difference(before: Sequence[StoredPart], after: Sequence[StoredPart]) -> str:
    """Return a unified diff of each part that changed, under its name and place, whichever module it stands in."""
    old, new = ({(label, kind): (where, text) for label, kind, where, text in parts} for parts in (before, after))
    found: list[str] = []
    for key in sorted({*old, *new}, key=lambda key: (key[1] == "left out", key)):
        (was_at, was), (is_at, now) = old.get(key, ("", "")), new.get(key, ("", ""))
        if was != now and key[1] != "left out":
            label = f"{key[0]} = " if key[1] == "constant" else ""
            lines = [[f"{label}{line}" for line in text.splitlines()] for text in (was, now)]
            heads = [
                " ".join(filter(None, (when, key[0], place))) for when, place in (("archived", was_at), ("now", is_at))
            ]
            found += difflib.unified_diff(lines[0], lines[1], heads[0], heads[1], lineterm="", n=2)
    return "\n".join(found)


def _branches(below: dict[str, list[Part]], user: str, indent: str, seen: set[str]) -> Iterator[str]:
    for part in below.get(user, ()):
        value = f" = {part.text}" if part.kind == "constant" else f"  {part.kind}"
        yield f"{indent}{part.label}{value}{f'  {part.where}' if part.where else ''}"
        if part.label not in seen:
            seen.add(part.label)
            yield from _branches(below, part.label, indent + "  ", seen)
