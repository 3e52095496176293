"""Functions made of syntax that see the names which a `process` sees: closure, globals, imports inside of it."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from types import CellType, CodeType, FunctionType
from typing import Any

from framework.core.matching.cases import Scope
from framework.parsing import parsed


def code_of(body: list[ast.stmt], parameters: Iterable[str], outside: Iterable[str]) -> CodeType:
    """Compile statements as the body of a function, which may take names from `outside`; raises SyntaxError."""
    around = parsed(f"def around({_listed(outside)}):\n    def inner({_listed(parameters)}):\n        pass")
    inner = next(node for node in ast.walk(around) if isinstance(node, ast.FunctionDef) and node.name == "inner")
    inner.body = body
    code = compile(ast.fix_missing_locations(around), "<cases>", "exec").co_consts[0]
    return next(const for const in code.co_consts if isinstance(const, CodeType))


def outside_of(scope: Scope) -> tuple[str, ...]:
    """Return the names that a function takes from the functions around it, or imports itself."""
    return (*scope.function.__code__.co_freevars, *scope.syntax.imports)


def function_of(code: CodeType, scope: Scope, defaults: tuple[Any, ...] = ()) -> FunctionType:
    """Make a function of compiled code which sees what the function of the scope sees; raises Unresolved."""
    function = scope.function
    original = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    cells = (
        original[name] if name in original else CellType(scope.resolve(ast.Name(name))) for name in code.co_freevars
    )
    return FunctionType(code, function.__globals__, code.co_name, defaults, tuple(cells))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))
