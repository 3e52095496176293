"""What a definition does with the names that it uses, read from its syntax."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple
from weakref import WeakKeyDictionary

from framework.source import Definition, normalise

_MUTATORS = frozenset(
    "add append appendleft clear discard extend insert pop popitem popleft put remove setdefault update".split()  # noqa: SIM905
)
_ITSELF = frozenset({"self", "cls"})


class Usage(NamedTuple):
    """Facts about one definition.

    `syntax` is its normal form; `decorators` are the names in the decorators of it and of its methods; `computed` the
    attributes of a class whose value is no literal; `state` what it changes: variables by their names, attributes of
    `self` with a dot in front.
    """

    syntax: str
    decorators: tuple[str, ...]
    computed: tuple[str, ...]
    state: frozenset[str]


_known: WeakKeyDictionary[Definition, Usage] = WeakKeyDictionary()


def usage_of(node: Definition, text: str) -> Usage:
    """Read a definition, once for all instances and pipelines; `text` is its source, dedented."""
    usage = _known.get(node)
    if usage is None:
        decorators = tuple(dict.fromkeys(_decorators(node)))
        usage = _known[node] = Usage(normalise(text), decorators, tuple(_computed(node)), frozenset(_state(node)))
    return usage


def _decorators(node: Definition) -> Iterator[str]:
    parts = [node, *node.body] if isinstance(node, ast.ClassDef) else [node]
    for part in parts:
        for decorator in getattr(part, "decorator_list", ()):
            yield from (name.id for name in ast.walk(decorator) if isinstance(name, ast.Name))


def _computed(node: Definition) -> Iterator[str]:
    if not isinstance(node, ast.ClassDef):
        return
    for part in node.body:
        if isinstance(part, ast.Assign | ast.AnnAssign) and part.value is not None and not _is_literal(part.value):
            targets = part.targets if isinstance(part, ast.Assign) else [part.target]
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def _is_literal(expression: ast.expr) -> bool:
    return not any(isinstance(part, ast.Name | ast.Call) for part in ast.walk(expression))


def _state(node: Definition) -> Iterator[str]:
    for part in ast.walk(node):
        match part:
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                yield from names
            case ast.Assign(targets=targets) | ast.Delete(targets=targets):
                for target in targets:
                    yield from _inside(target)
            case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
                yield from _inside(target)
            case ast.withitem(context_expr=expression) | ast.Expr(value=ast.Call(func=ast.Attribute(value=expression))):
                yield from _root(expression)  # a lock, or a call whose result nobody wants: it is made for its effect
            case ast.Call(func=ast.Attribute(value=expression, attr=method)) if method in _MUTATORS:
                yield from _root(expression)
            case ast.Call(func=ast.Name(id="next"), args=[expression, *_]):
                yield from _root(expression)


def _inside(target: ast.expr) -> Iterator[str]:
    """What an assignment changes that exists already: `x[0] = ...` and `x.y = ...` change x."""
    match target:
        case ast.Subscript(value=expression):
            yield from _root(expression)
        case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in _ITSELF:
            yield f".{attribute}"
        case ast.Attribute(value=expression):
            yield from _root(expression)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            for part in parts:
                yield from _inside(part)


def _root(expression: ast.expr) -> Iterator[str]:
    """The variable, or the attribute of `self`, that a dotted or subscripted expression starts with."""
    while isinstance(expression, ast.Attribute | ast.Subscript):
        inner = expression.value
        if isinstance(expression, ast.Attribute) and isinstance(inner, ast.Name) and inner.id in _ITSELF:
            yield f".{expression.attr}"
            return
        expression = inner
    if isinstance(expression, ast.Name):
        yield expression.id
