"""Places in the user's code that findings name: where an event is submitted, and where a value is changed."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from contextlib import suppress
from types import FunctionType, ModuleType
from typing import Any

from framework.core.mailboxes.handler import Handler
from framework.core.matching.cases import cases_of
from framework.core.matching.emissions import infer_emissions
from framework.core.matching.interests import pairs_of
from framework.errors import SourceUnavailable
from framework.observe.user_code import is_library
from framework.source import Source, place, source_of, unwrap

MUTATING = frozenset(
    {
        *("add", "append", "appendleft", "clear", "discard", "extend", "fill", "insert", "pop", "popitem", "popleft"),
        *("put", "remove", "resize", "reverse", "setdefault", "sort", "update"),
    }
)
"""Names of methods that change what they are called on."""


def submitted_at(processor: Handler | None, class_name: str, name: object) -> str:
    """Return where a processor submits such an event, as far as its source tells."""
    if processor is None:
        return ""
    emissions = [one for one in infer_emissions(type(processor)) if one.class_name == class_name]
    exact = next((one.where for one in emissions if one.name == name), "")
    return exact or next((one.where for one in emissions if one.name is None), "")


def case_of_name(processor: Handler, name: object) -> str:
    """Return where the first `case` stands that takes events of a name."""
    try:
        cases = cases_of(processor.process, type(processor))
    except SourceUnavailable:
        return ""
    return next((case.where for case in cases if any(found == name for _, found in pairs_of(case))), "")


def body_of(processor: Handler | None) -> Source | None:
    """Return the source of what the user wrote to handle an event: `build` of a builder, otherwise `process`."""
    for name in ("build", "process"):
        try:
            return source_of(getattr(processor, name))
        except (SourceUnavailable, AttributeError, TypeError):
            continue
    return None


def bodies_of(processor: Handler | None) -> Iterator[Source]:
    """Yield what `body_of` returns, and the sources of the user's functions that it calls by name."""
    source = body_of(processor)
    if source is None:
        return
    yield source
    function = unwrap(getattr(processor, "build", None) or getattr(processor, "process", None))
    known = getattr(function, "__globals__", {})
    for node in ast.walk(source.node):
        if isinstance(node, ast.Call):
            called = known.get(node.func.id) if isinstance(node.func, ast.Name) else _attribute(node.func, known)
            if isinstance(called, FunctionType) and not is_library(called.__code__.co_filename):
                with suppress(SourceUnavailable):
                    yield source_of(called)


def _attribute(called: ast.expr, known: dict[str, Any]) -> Any:
    if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
        module = known.get(called.value.id)
        return getattr(module, called.attr, None) if isinstance(module, ModuleType) else None
    return None


def handled_at(processor: Handler | None) -> str:
    """Return the place of the `def` of what handles events; empty where there is no source."""
    source = body_of(processor)
    return "" if source is None else place(source.file, source.node.lineno)


def submits(processor: Handler | None) -> bool:
    """Whether what handles events mentions a call of `submit`."""
    source = body_of(processor)
    return source is not None and any(
        isinstance(node, ast.Attribute) and node.attr == "submit" for node in ast.walk(source.node)
    )


def changed_at(processor: Handler | None, attribute: str, *, exactly: bool = False) -> str:
    """Return the line that changes the value of an attribute of the event, else the last that names it.

    Of a builder it is the line that changes a parameter of `build`. With `exactly`, empty where no line changes it.
    """
    source = body_of(processor)
    if source is None:
        return ""
    names = set(_names_of(source.node, attribute))
    for node in ast.walk(source.node):
        if any(_is_of(part, attribute, names) for part in _changed_by(node)):
            return place(source.file, getattr(node, "lineno", source.node.lineno))
    if exactly:
        return ""
    named = [
        node.lineno for node in ast.walk(source.node) if isinstance(node, ast.Attribute) and node.attr == attribute
    ]
    used = [node.lineno for node in ast.walk(source.node) if isinstance(node, ast.Name) and node.id in names]
    return place(source.file, max([*named, *used], default=source.node.lineno))


def _names_of(node: ast.AST, attribute: str) -> Iterator[str]:
    """The variables that hold the attribute: captured by a pattern, assigned, or a parameter of `build`."""
    for part in ast.walk(node):
        match part:
            case ast.MatchClass(kwd_attrs=names, kwd_patterns=patterns):
                pairs = zip(names, patterns, strict=False)
                yield from (str(one.name) for name, one in pairs if name == attribute and isinstance(one, ast.MatchAs))
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Attribute(attr=found)) if found == attribute:
                yield name
            case ast.FunctionDef(name="build", args=arguments) | ast.AsyncFunctionDef(name="build", args=arguments):
                yield from (argument.arg for argument in arguments.args[2:])


def _changed_by(node: ast.AST) -> Sequence[ast.AST]:
    """What a statement or a call changes in place."""
    match node:
        case ast.Call(func=ast.Attribute(value=value, attr=name), keywords=keywords):
            in_place = any(one.arg == "inplace" for one in keywords)
            return [value] if name in MUTATING or in_place or name.endswith("_") else []
        case ast.AugAssign(target=target):
            return [target]
        case ast.Assign(targets=targets) | ast.Delete(targets=targets):
            return [one for one in targets if isinstance(one, ast.Subscript | ast.Attribute)]
    return []


def _is_of(part: Any, attribute: str, names: set[str]) -> bool:
    """Whether an expression is the attribute, one of its variables, or a part of it."""
    while isinstance(part, ast.Subscript | ast.Attribute):
        if isinstance(part, ast.Attribute) and part.attr == attribute:
            return True
        part = part.value
    return isinstance(part, ast.Name) and part.id in names
