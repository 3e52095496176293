"""What a definition uses, read from its syntax: names with the attributes asked of them, and imports."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from framework.parsing import Definition, parsed

NameChain = tuple[str, ...]
"""A name and the attributes that are asked of it: `("settings", "rates", "euro")`."""

Import = tuple[int, str, str | None]
"""Level, module and attribute of an import statement; no attribute where it binds the module."""

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_ASKS = frozenset({"getattr", "hasattr"})
_IMPORTS = frozenset({"import_module", "__import__"})
_RUN = frozenset({"eval", "exec"})
HINTS = frozenset(
    "__annotations__ __annotate__ annotation annotations get_annotations get_type_hints return_annotation".split()  # noqa: SIM905
)
_TEXTS = frozenset[str | None](_ASKS | _IMPORTS | _RUN)
_NAMELESS = frozenset({"attr", "arg", "asname", "ctx", "id", "kind", "name", "names", "op", "ops", "type_comment"})
_READ_APART = frozenset(
    {
        *(ast.arg, ast.Import, ast.ImportFrom, ast.AnnAssign),
        *(ast.FunctionDef, ast.AsyncFunctionDef, ast.Call, ast.Subscript),
    }
)
_fields: dict[type, tuple[str, ...]] = {}


@dataclass(slots=True)
class References:
    """The names in a definition.

    `chains` are used when it runs, `early` ones while it is defined: decorators, bases, what a class body computes;
    `unloaded` ones stand where its code does not load them: in a text that `eval` is given, and in the annotations of a
    decorated function, which its decorators can read.
    `attributes` holds every attribute name, whatever it is asked of; `imports` what import statements inside bind to a
    name, each of them: which one runs may depend on the environment. Of a class, `computed` names the attributes that
    were computed and `literals` those that are written out.

    `given` is what decorators, a metaclass or the calls in a class body were handed, `called` what was called with it:
    what they made of a constant need not show in the definition. Of a function, `decorators` says which one was handed
    what; what an own one was handed shows in the closure of its wrapper. `hints` stand in annotations, which code may
    ask for while it runs; `named` is what `import_module` is called with.
    """

    chains: set[NameChain] = field(default_factory=set)
    early: set[NameChain] = field(default_factory=set)
    unloaded: set[NameChain] = field(default_factory=set)
    given: set[NameChain] = field(default_factory=set)
    called: set[NameChain] = field(default_factory=set)
    hints: set[NameChain] = field(default_factory=set)
    named: set[NameChain] = field(default_factory=set)
    decorators: list[tuple[NameChain, set[NameChain]]] = field(default_factory=list)
    attributes: set[str] = field(default_factory=set)
    imports: dict[str, list[Import]] = field(default_factory=dict)
    computed: set[str] = field(default_factory=set)
    literals: dict[str, ast.expr] = field(default_factory=dict)

    _names: frozenset[str] | None = None

    def names(self) -> frozenset[str]:
        """Return every name in the chains."""
        if self._names is None:
            self._names = frozenset(name for chain in self.chains for name in chain)
        return self._names

    def asks_for_hints(self) -> bool:
        """Whether annotations are asked for, of whatever."""
        return not (HINTS.isdisjoint(self.attributes) and HINTS.isdisjoint(self.names()))


_known: WeakKeyDictionary[Definition, References] = WeakKeyDictionary()


def references_of(node: Definition) -> References:
    """Read a definition, once for all processors that use it."""
    found = _known.get(node)
    if found is None:
        found = _known[node] = References()
        if isinstance(node, ast.ClassDef):
            _read_class(node, found)
        else:
            for decorator in node.decorator_list:
                _read(decorator, found, found.early)
                if isinstance(decorator, ast.Call):
                    handed = References()
                    _read_given(decorator, handed)
                    found.decorators += [(called, handed.given) for called in sorted(handed.called)[:1]]
            for annotation in _annotations(node):  # validators use them
                _read(_evaluated(annotation), found, found.unloaded if node.decorator_list else found.hints)
            for statement in node.body:
                _read(statement, found, found.chains)
    return found


def _read_class(node: ast.ClassDef, found: References) -> None:
    for part in (*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)):
        _read(part, found, found.early)
    for statement in node.body:
        if isinstance(statement, _FUNCTIONS):
            for decorator in statement.decorator_list:
                _read(decorator, found, found.early)
        elif not isinstance(statement, ast.ClassDef):  # a class inside is an attribute, read on its own
            _read(statement, found, found.early)
            if isinstance(statement, ast.AnnAssign):  # the types of fields: dataclasses and validators use them
                _read(_evaluated(statement.annotation), found, found.early)
                _read(_evaluated(statement.annotation), found, found.hints)
            for name, value in _assigned(statement):
                if value is None or not _is_literal(value):
                    found.computed.add(name)
                else:
                    found.literals[name] = value


def read_given(node: ast.ClassDef, found: References) -> None:
    """Read what was handed on while a class was made; only where that need not show in the class."""
    statements = (getattr(statement, "value", None) for statement in node.body)
    calls = (decorator for decorator in node.decorator_list if isinstance(decorator, ast.Call))
    for part in (*calls, *node.bases, *(keyword.value for keyword in node.keywords), *statements):
        _read_given(part, found)
    for decorator in node.decorator_list:
        if not isinstance(decorator, ast.Call):
            _read(decorator, found, found.called)


def _read_given(expression: ast.expr | None, found: References) -> None:
    """Read what an expression hands to what it calls."""
    for part in ast.walk(expression) if expression is not None else ():
        if isinstance(part, ast.Call):
            _read(part.func, found, found.called)
            for argument in (*part.args, *(keyword.value for keyword in part.keywords)):
                _read(argument, found, found.given)
    if expression is not None and not isinstance(expression, ast.Call):
        _read(expression, found, found.given)


def _annotations(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.expr]:
    arguments = node.args
    starred = filter(None, (arguments.vararg, arguments.kwarg))
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *starred):
        if argument.annotation is not None:
            yield argument.annotation
    if node.returns is not None:
        yield node.returns


def _assigned(statement: ast.stmt) -> Iterator[tuple[str, ast.expr | None]]:
    """The names that a statement of a class body binds; None where it is not one plain value."""
    match statement:
        case (
            ast.Assign(targets=[ast.Name(id=name)], value=value)
            | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
        ):
            yield name, value
        case ast.AnnAssign():
            return
        case _:
            for part in ast.walk(statement):
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                    yield part.id, None


def _is_literal(expression: ast.expr) -> bool:
    return not any(isinstance(part, ast.Name | ast.Call | ast.Lambda) for part in ast.walk(expression))


def _evaluated(annotation: ast.expr) -> ast.expr:
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            return parsed(annotation.value, "eval").body
        except SyntaxError:
            return annotation
    return annotation


def _read(node: ast.AST, found: References, chains: set[NameChain]) -> None:
    waiting = [node]
    while waiting:
        part: Any = waiting.pop()
        kind = type(part)
        if kind is ast.Name:
            if type(part.ctx) is not ast.Store:
                chains.add((part.id,))
        elif kind is ast.Attribute:
            waiting += _read_attribute(part, found, chains)
        elif kind is ast.Constant:
            continue
        elif kind in _READ_APART:
            waiting += _read_apart(part, found, chains)
        else:
            waiting += _inner(part)


def _read_apart(part: Any, found: References, chains: set[NameChain]) -> Iterable[ast.AST]:
    """Read what needs more than a look at its parts; returns those that are to be read as well."""
    match part:
        case ast.arg():  # what an annotation inside names is not executed
            return ()
        case ast.Import() | ast.ImportFrom():
            for name, each in _imports(part):
                found.imports.setdefault(name, []).append(each)
            return ()
        case ast.AnnAssign(target=target, value=value):
            return (target,) if value is None else (target, value)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return (*part.decorator_list, part.args, *part.body)
        case ast.Call(func=called) if _name_of(called) in _TEXTS:
            return _read_text(part, found, chains) or _inner(part)
        case ast.Subscript(value=ast.Attribute(attr="modules"), slice=ast.Constant(value=str() as module)):
            _add_module(module, found, chains)  # sys.modules["settings"]
        case _:
            pass
    return _inner(part)


def _inner(node: ast.AST) -> list[ast.AST]:
    """The parts of a part that can hold names."""
    kind = type(node)
    names = _fields.get(kind)
    if names is None:
        names = _fields[kind] = tuple(name for name in kind._fields if name not in _NAMELESS)
    inner: list[ast.AST] = []
    values = node.__dict__
    for name in names:
        value = values.get(name)
        if type(value) is list:
            if value:
                inner += [part for part in value if isinstance(part, ast.AST)]
        elif isinstance(value, ast.AST):
            inner.append(value)
    return inner


def _read_attribute(node: ast.Attribute, found: References, chains: set[NameChain]) -> tuple[ast.expr, ...]:
    """Read a chain of attributes; returns what it begins with, unless that is a name."""
    names = [node.attr]
    base = node.value
    while isinstance(base, ast.Attribute):
        names.append(base.attr)
        base = base.value
    found.attributes.update(names)
    if isinstance(base, ast.Name):
        chains.add((base.id, *reversed(names)))
        return ()
    return (base,)


def _imports(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, Import]]:
    for alias in node.names:
        if isinstance(node, ast.ImportFrom):
            yield alias.asname or alias.name, (node.level, node.module or "", alias.name)
            continue
        name = alias.asname or alias.name.partition(".")[0]
        yield name, (0, alias.name if alias.asname else name, None)
        if not alias.asname and "." in alias.name:  # `import a.b` binds a, and loads a.b
            yield f" {alias.name}", (0, alias.name, None)


def _read_text(call: ast.Call, found: References, chains: set[NameChain]) -> tuple[ast.expr, ...]:
    """Read names that stand in texts: `getattr(settings, "rate")`, `import_module("settings")`.

    Returns what is to be read in place of the call; nothing where it is read as it stands.
    """
    match call.args:
        case [owner, ast.Constant(value=str() as name), *rest] if _name_of(call.func) in _ASKS:
            return (ast.Attribute(owner, name, ast.Load()), *rest)
        case [ast.Constant(value=str() as module), *_] if _name_of(call.func) in _IMPORTS:
            _add_module(module, found, chains)
        case [ast.Name() | ast.Attribute() as module, *_] if _name_of(call.func) in _IMPORTS:
            _read(module, found, found.named)
        case [ast.Constant(value=str() as text), *rest] if _name_of(call.func) in _RUN:
            with suppress(SyntaxError, ValueError):
                for statement in parsed(text.strip()).body:
                    _read(statement, found, found.unloaded)
                return (ast.Tuple(rest, ast.Load()),)
        case _:
            pass
    return ()


def _name_of(called: ast.expr) -> str | None:
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", None)


def _add_module(name: str, found: References, chains: set[NameChain]) -> None:
    found.imports[f" {name}"] = [(0, name, None)]
    chains.add((f" {name}",))


def set_from_parameters(node: Definition) -> tuple[dict[str, str], dict[str, object]]:
    """Of a constructor: attributes that it copies from a parameter, and those that it sets to something written out."""
    copied: dict[str, str] = {}
    written: dict[str, object] = {}
    if isinstance(node, ast.ClassDef):
        return copied, written
    arguments = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
    itself, *parameters = [argument.arg for argument in arguments]
    for statement in node.body:
        match statement:
            case (
                ast.Assign(targets=[ast.Attribute(value=ast.Name(id=owner), attr=name)], value=value)
                | ast.AnnAssign(target=ast.Attribute(value=ast.Name(id=owner), attr=name), value=ast.expr() as value)
            ) if owner == itself:
                if isinstance(value, ast.Name) and value.id in parameters:
                    copied[name] = value.id
                else:
                    with suppress(ValueError, TypeError, SyntaxError):
                        written[name] = ast.literal_eval(value)
            case _:
                pass
    return copied, written
