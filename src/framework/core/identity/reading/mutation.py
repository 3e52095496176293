"""What a function changes while it runs, read from its syntax. `state` tells which objects that is."""

from __future__ import annotations

import ast
import dis
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from types import CodeType
from typing import Any, Literal, NamedTuple
from weakref import WeakKeyDictionary

from framework.parsing import Definition

_IN_PLACE = frozenset(
    "add append appendleft clear discard extend extendleft insert pop popitem popleft put remove reverse rotate "  # noqa: SIM905
    "setdefault sort subtract update write".split()
)
_IN_PLACE_FUNCTIONS = frozenset(
    "heapify heappop heappush heappushpop heapreplace insort insort_left insort_right shuffle".split()  # noqa: SIM905
)
OF_CONTEXTS = frozenset({"set", "reset"})
"""Methods that change context variables; others have methods of these names that change nothing."""
_SETTERS = frozenset({"setattr", "delattr"})
_CHANGING_METHODS = _IN_PLACE | OF_CONTEXTS
_CHANGING = _CHANGING_METHODS | _IN_PLACE_FUNCTIONS | _SETTERS
_STORES = frozenset(number for name, number in dis.opmap.items() if name.startswith(("STORE_", "DELETE_"))) - {
    dis.opmap[name] for name in ("STORE_FAST", "DELETE_FAST")
}


class Key(NamedTuple):
    """A step of a path by subscript; `known` is false where the subscript is computed."""

    value: object
    known: bool = True


Path = tuple[str | Key, ...]


class Mutation(NamedTuple):
    """A change of what stands at a path from a variable.

    `attribute` is the one that is set; without one the object itself changes. `rebinds` tells that the variable gets
    another value (`global total`, `nonlocal total`). With `builtin` only a list, dict or set changes: other types have
    methods of these names that return something new. `method` is the one that was called.
    """

    root: str
    path: Path = ()
    attribute: str | None = None
    rebinds: Literal["", "global", "nonlocal"] = ""
    line: int = 0
    builtin: bool = False
    method: str = ""


class Handed(NamedTuple):
    """An object that is handed to a function: where the function stands, the argument's position or name, its place."""

    function: tuple[str, Path]
    argument: int | str
    root: str
    path: Path


_mutations: WeakKeyDictionary[Definition, tuple[Mutation, ...]] = WeakKeyDictionary()
_handed: WeakKeyDictionary[Definition, tuple[Handed, ...]] = WeakKeyDictionary()


def mutations_of(node: Definition, code: CodeType) -> tuple[Mutation, ...]:
    """Return what a function changes; its syntax is only read where its code could change something."""
    found = _mutations.get(node)
    if found is None:
        found = _mutations[node] = tuple(dict.fromkeys(_MutationReader(node).mutations())) if _may_change(code) else ()
    return found


def handed_by(node: Definition) -> tuple[Handed, ...]:
    """Return what a function hands on to others, which may change it."""
    found = _handed.get(node)
    if found is None:
        found = _handed[node] = tuple(dict.fromkeys(_MutationReader(node).handed()))
    return found


def _may_change(code: CodeType) -> bool:
    if not _CHANGING.isdisjoint(code.co_names) or not _STORES.isdisjoint(code.co_code[::2]):
        return True
    return any(_may_change(inner) for inner in code.co_consts if isinstance(inner, CodeType))


class _MutationReader:
    """Follows local names of objects: `seen = self.seen; seen.append(x)` changes `self.seen`."""

    def __init__(self, node: Definition) -> None:
        self._parts: dict[type, list[Any]] = {}
        _group(node, self._parts)
        self._aliases: dict[str, tuple[str, Path]] = {}
        self._locals: set[str] = set()
        self._outer: dict[str, Literal["global", "nonlocal"]] = {}
        for part in self._of(ast.Global):
            self._outer |= dict.fromkeys(part.names, "global")
        for part in self._of(ast.Nonlocal):
            self._outer |= dict.fromkeys(part.names, "nonlocal")
        stored = Counter(name.id for name in self._of(ast.Name) if isinstance(name.ctx, ast.Store))
        for part in self._of(ast.Assign, ast.NamedExpr):
            target = part.targets[0] if isinstance(part, ast.Assign) else part.target
            if isinstance(target, ast.Name) and stored[target.id] == 1 and target.id not in self._outer:
                place = self._place(part.value)
                if place is not None and place[0] != target.id:
                    self._aliases[target.id] = place
        parameters = [] if isinstance(node, ast.ClassDef) else _all_of(node.args)
        self._locals = {*stored, *self._bound(parameters)} - self._outer.keys() - self._aliases.keys()

    def _of(self, *kinds: type) -> Iterator[Any]:
        return chain.from_iterable(self._parts.get(kind, ()) for kind in kinds)

    def _bound(self, parameters: list[ast.arg]) -> Iterator[str]:
        """Names that patterns, handlers, imports and the parameters of inner functions bind."""
        for part in self._of(ast.MatchAs, ast.MatchStar, ast.ExceptHandler, ast.MatchMapping):
            name = part.rest if isinstance(part, ast.MatchMapping) else part.name
            if name is not None:
                yield name
        yield from (part.arg for part in self._of(ast.arg) if part not in parameters)
        yield from (part.asname or part.name.partition(".")[0] for part in self._of(ast.alias))

    def mutations(self) -> Iterator[Mutation]:
        """Yield every change, in any order."""
        for part in self._of(ast.Assign, ast.Delete):
            for target in part.targets:
                yield from self._stored(target)
        for part in self._of(ast.AugAssign, ast.AnnAssign, ast.For, ast.AsyncFor):
            yield from self._stored(part.target)
        alone = {id(part.value) for part in self._of(ast.Expr)}
        for part in self._of(ast.Call):
            yield from self._called(part, builtin=id(part) not in alone)

    def handed(self) -> Iterator[Handed]:
        """Yield every object that a call hands on."""
        for call in self._of(ast.Call):
            function = self._place(call.func)
            if function is not None:
                for argument, value in (*enumerate(call.args), *((each.arg, each.value) for each in call.keywords)):
                    place = self._place(value)
                    if place is not None and argument is not None:
                        yield Handed(function, argument, *place)

    def _called(self, call: ast.Call, *, builtin: bool) -> Iterator[Mutation]:
        match call:
            case ast.Call(func=ast.Attribute(value=changed, attr=method)) if method in _CHANGING_METHODS:
                for mutation in self._changed(changed):
                    yield mutation._replace(builtin=builtin, method=method)
            case ast.Call(
                func=ast.Name(id=name) | ast.Attribute(attr=name),
                args=[changed, ast.Constant(value=str() as attribute), *_],
            ) if name in _SETTERS:
                yield from self._changed(changed, attribute)
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[changed, *_]) if (
                name in _IN_PLACE_FUNCTIONS
            ):
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


def _group(node: ast.AST, parts: dict[type, list[Any]]) -> None:
    """Sort all parts of a definition by their types, so that each question looks at its own kind only."""
    waiting = [node]
    while waiting:
        part = waiting.pop()
        parts.setdefault(type(part), []).append(part)
        for value in part.__dict__.values():
            if isinstance(value, ast.AST):
                waiting.append(value)
            elif type(value) is list:
                waiting.extend(inner for inner in value if isinstance(inner, ast.AST))


def _all_of(arguments: ast.arguments) -> list[ast.arg]:
    starred = [part for part in (arguments.vararg, arguments.kwarg) if part is not None]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *starred]
