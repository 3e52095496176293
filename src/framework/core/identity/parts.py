"""What an identity is made of, for a reader and for the catalog."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from framework.observe.text import short_repr

Kind = Literal["class", "function", "constant", "module", "file", "left out"]
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that counts, or that was left out.

    `label` names it from the processor's module; `where` is file and line; `text` its source, its value, or why it was
    left out; `user` the label of the part that led to it.
    """

    label: str
    kind: Kind
    where: str
    text: str
    user: str = ""


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


def _branches(below: dict[str, list[Part]], user: str, indent: str, seen: set[str]) -> Iterator[str]:
    for part in below.get(user, ()):
        value = f" = {part.text}" if part.kind == "constant" else f"  {part.kind}"
        yield f"{indent}{part.label}{value}{f'  {part.where}' if part.where else ''}"
        if part.label not in seen:
            seen.add(part.label)
            yield from _branches(below, part.label, indent + "  ", seen)
