"""Syntax of texts: `parsed`, which is `ast.parse` for programs with several threads, and the definitions in it."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from typing import Literal, overload

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef

_SIMPLE = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Import, ast.ImportFrom, ast.Return)  # hold no other
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


def first_line(node: Definition) -> int:
    """The line that a definition starts at, its decorators included."""
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def definitions(statements: list[ast.stmt], prefix: str) -> Iterator[tuple[str, Definition]]:
    """Yield each definition in these statements with its qualified name, which begins with `prefix`."""
    for node in statements:
        if isinstance(node, Definition):
            name = prefix + node.name
            yield name, node
            yield from definitions(node.body, f"{name}." if isinstance(node, ast.ClassDef) else f"{name}.<locals>.")
        elif not isinstance(node, _SIMPLE):
            for block in ("body", "orelse", "finalbody"):
                yield from definitions(getattr(node, block, []), prefix)
            for branch in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
                yield from definitions(branch.body, prefix)


def cell_definitions(notebook: ast.Module) -> Iterator[tuple[str, Definition]]:
    """Yield what the cells of a marimo notebook define.

    The file of the notebook wraps each cell in a function; a cell that is one function or class is decorated instead.
    marimo compiles a cell without its wrapper, at the lines that it has in the file.
    """
    for wrapper in notebook.body:
        if not isinstance(wrapper, Definition) or not wrapper.decorator_list:
            continue
        outermost = wrapper.decorator_list[0]
        match outermost.func if isinstance(outermost, ast.Call) else outermost:
            case ast.Attribute(attr="cell"):
                yield from definitions(wrapper.body, "")
            case ast.Attribute(attr="function" | "class_definition"):
                bare = copy.copy(wrapper)
                bare.decorator_list = wrapper.decorator_list[1:]
                yield from definitions([bare], "")
