"""The normal form of a definition: equal where only comments, white space, quotes or parentheses differ."""

from __future__ import annotations

import ast
from typing import Any

from framework.parsing import Definition

_LEFT_OUT = frozenset({"ctx", "kind", "type_comment"})
_fields: dict[type, tuple[str, ...]] = {}


def normal_form(node: Definition) -> str:
    """The normal form of a definition. Docstrings count: code can read them.

    The same on every supported Python, which `ast.dump` is not.
    """
    return f"Module(body=[{_syntax(node)}])"


def _syntax(part: Any) -> str:
    kind = type(part)
    if kind is ast.Name:  # two thirds of a text are these three
        return f"Name(id=str:{part.id!r})"
    if kind is ast.Attribute:
        return f"Attribute(value={_syntax(part.value)},attr=str:{part.attr!r})"
    if kind is ast.Constant:
        value = part.value
        return "Constant()" if value is None else f"Constant(value={type(value).__name__}:{value!r})"
    names = _fields.get(kind)
    if names is None:
        if not isinstance(part, ast.AST):
            return f"{kind.__name__}:{part!r}"
        names = _fields[kind] = tuple(name for name in part._fields if name not in _LEFT_OUT)
    values = part.__dict__
    given = []
    for name in names:
        value = values.get(name)
        # Newer Pythons add fields that older ones lack; they are empty where the older syntax is used.
        if value is None:
            continue
        if type(value) is not list:
            given.append(f"{name}={_syntax(value)}")
        elif value:
            given.append(f"{name}=[{','.join(_each(value, kind))}]")
    return f"{kind.__name__}({','.join(given)})"


def _each(values: list[Any], kind: type) -> list[str]:
    if kind is ast.JoinedStr:  # 3.12 ends the format of an f-string with an empty text
        values = [item for item in values if not (isinstance(item, ast.Constant) and item.value == "")]
    return [_syntax(item) for item in values]
