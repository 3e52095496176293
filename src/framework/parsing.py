"""`parsed`: `ast.parse` for programs with several threads."""

from __future__ import annotations

import ast
from typing import Literal, overload

_TRIES = 100


@overload
def parsed(text: str, mode: Literal["exec"] = "exec") -> ast.Module: ...
@overload
def parsed(text: str, mode: Literal["eval"]) -> ast.Expression: ...
def parsed(text: str, mode: Literal["exec", "eval"] = "exec") -> ast.AST:
    """Return the syntax of a text; raises SyntaxError, or ValueError for a text with null bytes.

    Before Python 3.13 all threads of a process share one counter of nested nodes. Where the collector runs in the
    middle of parsing and another thread parses meanwhile, Python raises a SystemError that says nothing about the text
    ("AST constructor recursion depth mismatch"): it is tried again.
    """
    for _ in range(_TRIES):
        try:
            return ast.parse(text, mode=mode)
        except SystemError as error:
            mistaken = error
    raise mistaken
