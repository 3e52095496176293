"""What a function changes while it runs, read from its syntax. `state` tells which objects that is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Literal, NamedTuple
from weakref import WeakKeyDictionary

from framework.source import Definition

_IN_PLACE = frozenset(
    "add append appendleft clear discard extend extendleft insert pop popitem popleft put remove reverse rotate "  # noqa: SIM905
    "setdefault sort subtract update write".split()
)
_IN_PLACE_FUNCTIONS = frozenset(
    "delattr heapify heappop heappush heappushpop heapreplace insort insort_left insort_right setattr shuffle".split()  # noqa: SIM905
)


class Key(NamedTuple):
    """A step of a path by subscript; `known` is false where the subscript is computed."""

    value: object
    known: bool = True


Path = tuple[str | Key, ...]


class Mutation(NamedTuple):
    """A change of what stands at a path from a variable.

    `attribute` is the one that is set; without one the object itself changes. `rebinds` tells that the variable gets
    another value (`global total`, `nonlocal total`).
    """

    root: str
    path: Path = ()
    attribute: str | None = None
    rebinds: Literal["", "global", "nonlocal"] = ""
    line: int = 0


_known: WeakKeyDictionary[Definition, tuple[Mutation, ...]] = WeakKeyDictionary()


def mutations_of(node: Definition) -> tuple[Mutation, ...]:
    """Read a function, once."""
    found = _known.get(node)
    if found is None:
        found = _known[node] = tuple(dict.fromkeys(_Reader(node).mutations()))
    return found


class _Reader:
    """Follows local names of objects: `seen = self.seen; seen.append(x)` changes `self.seen`."""

    def __init__(self, node: Definition) -> None:
        self._node = node
        self._aliases: dict[str, tuple[str, Path]] = {}
        outer: dict[str, Literal["global", "nonlocal"]] = {}
        for part in ast.walk(node):
            if isinstance(part, ast.Global | ast.Nonlocal):
                outer |= dict.fromkeys(part.names, "global" if isinstance(part, ast.Global) else "nonlocal")
        self._outer = outer
        self._locals: set[str] = set()
        stored: dict[str, int] = {}
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                stored[part.id] = stored.get(part.id, 0) + 1
        for part in ast.walk(node):
            match part:
                case (
                    ast.Assign(targets=[ast.Name(id=name)], value=value)
                    | ast.NamedExpr(target=ast.Name(id=name), value=value)
                ) if stored[name] == 1 and name not in outer:
                    place = self._place(value)
                    if place is not None and place[0] != name:
                        self._aliases[name] = place
                case _:
                    pass
        self._locals = {*stored, *_bound(node)} - outer.keys() - self._aliases.keys()

    def mutations(self) -> Iterator[Mutation]:
        for part in ast.walk(self._node):
            match part:
                case ast.Assign(targets=targets) | ast.Delete(targets=targets):
                    for target in targets:
                        yield from self._stored(target)
                case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
                    yield from self._stored(target)
                case ast.For(target=target) | ast.AsyncFor(target=target):
                    yield from self._stored(target)
                case ast.Call(func=ast.Attribute(value=changed, attr=method)) if method in _IN_PLACE:
                    yield from self._changed(changed)
                case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[changed, *rest]) if (
                    name in _IN_PLACE_FUNCTIONS
                ):
                    match rest:
                        case [ast.Constant(value=str() as attribute), *_] if name.endswith("attr"):
                            yield from self._changed(changed, attribute)
                        case _:
                            yield from self._changed(changed)
                case _:
                    pass

    def _stored(self, target: ast.expr) -> Iterator[Mutation]:
        match target:
            case ast.Name(id=name) if name in self._outer:
                yield Mutation(name, rebinds=self._outer[name], line=target.lineno)
            case ast.Subscript(value=changed):
                yield from self._changed(changed)
            case ast.Attribute(value=owner, attr=attribute):
                yield from self._changed(owner, attribute)
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                for part in parts:
                    yield from self._stored(part)
            case ast.Starred(value=inner):
                yield from self._stored(inner)
            case _:
                pass

    def _changed(self, expression: ast.expr, attribute: str | None = None) -> Iterator[Mutation]:
        place = self._place(expression)
        if place is not None:
            yield Mutation(*place, attribute, line=expression.lineno)

    def _place(self, expression: ast.expr) -> tuple[str, Path] | None:
        """Variable and path of an expression; None for what was made in the function."""
        path: list[str | Key] = []
        while True:
            match expression:
                case ast.Attribute(value=inner, attr="__class__") | ast.Call(func=ast.Name(id="type"), args=[inner]):
                    expression = inner  # a class's attribute is one of its instances as well
                case ast.Attribute(value=inner, attr=attribute):
                    path.append(attribute)
                    expression = inner
                case ast.Subscript(value=inner, slice=ast.Constant(value=key)):
                    path.append(Key(key))
                    expression = inner
                case ast.Subscript(value=inner):
                    path.append(Key(None, known=False))
                    expression = inner
                case ast.Name(id=name):
                    root, before = self._aliases_of(name)
                    return None if root is None else (root, (*before, *reversed(path)))
                case _:
                    return None

    def _aliases_of(self, name: str) -> tuple[str | None, Path]:
        if name in self._aliases:
            return self._aliases[name]
        return (None, ()) if name in self._locals else (name, ())


def _bound(node: Definition) -> Iterator[str]:
    """Names that patterns, handlers, imports and the parameters of inner functions bind."""
    parameters = set() if isinstance(node, ast.ClassDef) else set(ast.walk(node.args))
    for part in ast.walk(node):
        match part:
            case (
                ast.MatchAs(name=str() as name)
                | ast.MatchStar(name=str() as name)
                | ast.MatchMapping(rest=str() as name)
            ):
                yield name
            case ast.ExceptHandler(name=str() as name):
                yield name
            case ast.arg(arg=name) if part not in parameters:
                yield name
            case ast.alias(name=name, asname=asname):
                yield asname or name.partition(".")[0]
            case _:
                pass
