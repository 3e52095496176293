"""`infer_emissions`: the events that a processor submits, read from the `submit` calls in its source."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any
from weakref import WeakKeyDictionary

from framework.archive.digest.code import is_installed
from framework.core.event import Event
from framework.core.matching.cases import Scope, Unresolved
from framework.core.matching.match_reader import read_matches
from framework.errors import SourceUnavailable
from framework.source import place, source_of, unwrap


@dataclass(frozen=True, slots=True)
class InferredEmission:
    """An event that the source submits: its class, its name (None if the source does not tell) and the line."""

    class_name: str
    name: str | None
    line: int
    file: str = field(default="", compare=False)

    @property
    def where(self) -> str:
        """File and line, or cell and line."""
        return place(self.file, self.line)


# MatchSyntax a class takes milliseconds, and a stepper asks for the graph of all of them after every click.
_cache: WeakKeyDictionary[type, tuple[tuple[Any, ...], tuple[InferredEmission, ...]]] = WeakKeyDictionary()


def infer_emissions(cls: type) -> tuple[InferredEmission, ...]:
    """Return the events that methods of a class submit, with those inherited from the user's own classes.

    It finds `submit(Event(...))` with or without something in front of `submit`, and `submit(event)` where `event`
    was assigned in the same function; a helper function outside the class is not followed.
    """
    functions = tuple(
        unwrap(value)
        for base in cls.__mro__
        if not is_installed(base.__module__)
        for name, value in vars(base).items()
        if getattr(cls, name, None) is getattr(base, name, None) or _calls_super(cls, name)
    )
    code = tuple(getattr(function, "__code__", None) for function in functions)
    known = _cache.get(cls)
    if known is None or known[0] != code:
        found = (emission for function in functions for emission in _emissions(function, cls))
        known = _cache[cls] = code, tuple(dict.fromkeys(found))
    return known[1]


def _calls_super(cls: type, name: str) -> bool:
    function = unwrap(getattr(cls, name, None))
    return isinstance(function, FunctionType) and "super" in function.__code__.co_names


def _emissions(function: Any, owner: type) -> Iterator[InferredEmission]:
    if not isinstance(function, FunctionType):
        return
    try:
        source = source_of(function)
        node = source.node
        scope = Scope(function, read_matches(function, method=True))
    except SourceUnavailable:
        return
    assigned = _assigned(node)
    for call in sorted(_calls(node), key=lambda call: (call.lineno, call.col_offset)):
        for made in _made(call.args[0], assigned):
            event_class = _event_class(made, scope, owner)
            if event_class is not None:
                yield InferredEmission(
                    event_class.__name__, _name(made, event_class, scope, owner), call.lineno, source.file
                )


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    for part in ast.walk(node):
        if isinstance(part, ast.Call) and part.args:
            called = part.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", None)
            if name == "submit":
                yield part


def _assigned(node: ast.AST) -> dict[str, list[ast.expr]]:
    """Return what is assigned to each name anywhere in the function."""
    values: dict[str, list[ast.expr]] = {}
    for part in ast.walk(node):
        match part:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=ast.expr() as value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
                | ast.NamedExpr(target=ast.Name(id=name), value=value)
            ):
                values.setdefault(name, []).append(value)
    return values


def _made(argument: ast.expr, assigned: dict[str, list[ast.expr]]) -> Iterator[ast.Call]:
    """Yield the calls that may have made the argument of a submit."""
    match argument:
        case ast.Call():
            yield argument
        case ast.IfExp(body=body, orelse=orelse):
            yield from _made(body, assigned)
            yield from _made(orelse, assigned)
        case ast.NamedExpr(value=value):
            yield from _made(value, assigned)
        case ast.Name(id=name):
            for value in assigned.get(name, ()):
                yield from _made(value, {})


def _event_class(made: ast.Call, scope: Scope, owner: type) -> type[Event] | None:
    try:
        cls = scope.resolve(made.func, owner)
    except Unresolved:
        return None
    return cls if isinstance(cls, type) and issubclass(cls, Event) else None


def _name(made: ast.Call, cls: type[Event], scope: Scope, owner: type) -> str | None:
    """Return the name of an event that this call makes; a class with an `__init__` of its own may set it there."""
    if any(isinstance(part, ast.Starred) for part in made.args) or any(part.arg is None for part in made.keywords):
        return None
    parameters = list(inspect.signature(cls).parameters)
    given = dict(zip(parameters, made.args, strict=False))
    given |= {keyword.arg: keyword.value for keyword in made.keywords if keyword.arg}
    if "name" in given:
        return _constant(given["name"], scope, owner)
    return cls.name if isinstance(cls.name, str) else None


def _constant(expression: ast.expr, scope: Scope, owner: type) -> str | None:
    if isinstance(expression, ast.Constant):
        value = expression.value
    else:
        try:
            value = scope.resolve(expression, owner)  # a class attribute, as far as the source tells
        except Unresolved:
            return None
    return "".join(value) if isinstance(value, str) else None
