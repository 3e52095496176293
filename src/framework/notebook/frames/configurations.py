"""`arguments_of`: the arguments of a processor, as the catalog tells them in one line."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

WIRING = frozenset({"provides", "requires", "persist", "dedupe", "name", "priority"})
"""Arguments that say where a builder stands and not what it does."""
_OPENING, _CLOSING = "([{<", ")]}>"


def arguments_of(line: str) -> dict[str, Any]:
    """Return arguments by name, without wiring: literals as values, anything else as text."""
    pairs = (part.partition("=")[::2] for part in _parts(line))
    return {name: _value(text) for name, text in pairs if name.isidentifier() and name not in WIRING}


def _parts(line: str) -> Iterator[str]:
    """Split at commas outside of brackets and quotes."""
    part, depth, quote = "", 0, ""
    for before, sign in zip(" " + line, line, strict=False):
        if quote:
            quote = "" if sign == quote and before != "\\" else quote
        elif sign in "'\"":
            quote = sign
        else:
            depth += (sign in _OPENING) - (sign in _CLOSING)
            if sign == "," and depth == 0:
                yield part.strip()
                part = ""
                continue
        part += sign
    if part:
        yield part.strip()


def _value(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
