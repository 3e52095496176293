"""The cases of a `process` as data, read from its source. Start at `cases_of`."""

from __future__ import annotations

import ast
import builtins
import inspect
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from types import FunctionType
from typing import Any, Literal
from weakref import WeakKeyDictionary

from framework.errors import AsyncProcess
from framework.source import place, source_of, unwrap

WILDCARD = ast.MatchAs()
_OTHER_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_SOMETIMES = (ast.If, ast.For, ast.While, ast.AsyncFor, ast.ExceptHandler, ast.IfExp, ast.BoolOp)


class Unresolved(LookupError):
    """A name in a pattern that only running the code would find."""


class Scope:
    """Finds what the names in a pattern stand for, as the function would: closure, globals, builtins."""

    def __init__(self, function: FunctionType, reading: Reading) -> None:
        """Look names up where this function does."""
        self.function = function
        self.reading = reading
        self.itself = reading.itself

    def resolve(self, expression: ast.expr, instance: object = None) -> Any:
        """The value of a name or a dotted name; `self` is `instance`.

        Raises:
            Unresolved: nothing is bound to it, or it depends on an instance that is not given.
        """
        if isinstance(expression, ast.Attribute):
            owner = self.resolve(expression.value, instance)
            try:
                return getattr(owner, expression.attr)
            except AttributeError as error:
                raise Unresolved(str(error)) from error
        if not isinstance(expression, ast.Name):
            raise Unresolved(ast.unparse(expression))
        return self._look_up(expression.id, instance)

    def _look_up(self, name: str, instance: object) -> Any:
        if name == self.itself:
            if instance is None:
                raise Unresolved(name)
            return instance
        if name in self.reading.imports:
            return self._imported(*self.reading.imports[name])
        function = self.function
        if name in function.__code__.co_freevars:
            cell = (function.__closure__ or ())[function.__code__.co_freevars.index(name)]
            try:
                return cell.cell_contents
            except ValueError as error:
                raise Unresolved(name) from error
        for namespace in (function.__globals__, vars(builtins)):
            if name in namespace:
                return namespace[name]
        raise Unresolved(name)

    def _imported(self, module: str, name: str | None) -> Any:
        """What an import statement inside the function binds, if that module is loaded already."""
        loaded = sys.modules.get(module)
        value = loaded if name is None else getattr(loaded, name, None)
        if value is None:
            raise Unresolved(name or module)
        return value


@dataclass(frozen=True, slots=True)
class Case:
    """One `case` that looks at the event.

    `pattern` is the part that the event (or with `aspect="name"` the name of the event) has to fit; `guard` is the
    expression behind `if`; `partly` says what else decides, None if nothing does.
    """

    pattern: ast.pattern
    guard: ast.expr | None
    aspect: Literal["event", "name"]
    partly: str | None
    file: str
    line: int
    scope: Scope

    @property
    def where(self) -> str:
        """File and line, or cell and line."""
        return place(self.file, self.line)

    @property
    def condition(self) -> str | None:
        """What decides besides the pattern, and where it stands."""
        if self.guard is not None:
            return f"the guard at {place(self.file, self.guard.lineno)}"
        return f"{self.partly} at {self.where}" if self.partly else None


@dataclass(frozen=True, slots=True)
class _Found:
    pattern: ast.pattern
    guard: ast.expr | None
    aspect: Literal["event", "name"]
    partly: str | None
    line: int


@dataclass(frozen=True, slots=True)
class _ParentCall:
    """`super().process(...)` or `Parent.process(self, ...)`: `parent` is None for the former."""

    parent: ast.expr | None
    partly: str | None
    line: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read from one function; it holds no reference to the function, so that both can go."""

    file: str
    event: str | None
    itself: str | None
    found: tuple[_Found | _ParentCall, ...]
    imports: dict[str, tuple[str, str | None]]


_readings: WeakKeyDictionary[FunctionType, Reading] = WeakKeyDictionary()


def cases_of(function: Any, owner: type | None = None) -> tuple[Case, ...]:
    """Every case of every `match` on the event, those of a `process` called through `super()` included.

    Empty if the function never matches the event: it then takes whatever comes.

    Args:
        function: the `process` of a processor, or any function whose last positional parameter is the event.
        owner: the class whose instance runs it; tells what `super()` is, where that is not the defining class.

    Raises:
        AsyncProcess: it is a coroutine function.
        SourceUnavailable: its source cannot be found.
    """
    refuse_async(function, owner)
    return tuple(_cases(function, owner, frozenset()))


def reading_of(function: FunctionType, *, method: bool) -> Reading:
    """Read a function once; its instances, pipelines and explanations share what was found."""
    reading = _readings.get(function)
    if reading is None:
        reading = _readings[function] = _read(function, method=method)
    return reading


def refuse_async(function: Any, owner: type | None) -> None:
    """Refuse a coroutine function, also behind decorators of this package, which would not await it either."""
    while True:
        function = getattr(function, "__func__", function)
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            code = unwrap(function).__code__
            name = owner.__qualname__ if owner else function.__qualname__.rpartition(".")[0] or function.__qualname__
            raise AsyncProcess(name, f"{code.co_filename}:{code.co_firstlineno}")
        ours = getattr(function, "__globals__", {}).get("__name__", "").startswith("framework.")
        if not ours or not hasattr(function, "__wrapped__"):
            return
        function = function.__wrapped__


def _cases(function: Any, owner: type | None, seen: frozenset[FunctionType]) -> Iterator[Case]:
    function = unwrap(function)
    if not isinstance(function, FunctionType) or function.__name__ == "<lambda>" or function in seen:
        return  # neither a callable object nor a lambda can hold a match statement
    reading = reading_of(function, method=owner is not None)
    scope = Scope(function, reading)
    for found in reading.found:
        if isinstance(found, _Found):
            yield Case(found.pattern, found.guard, found.aspect, found.partly, reading.file, found.line, scope)
            continue
        parent = _parent_process(function, owner, found.parent, scope)
        if parent is None:
            continue
        inherited = list(_cases(parent, owner, seen | {function}))
        if not inherited and unwrap(parent) not in seen:
            inherited = [Case(WILDCARD, None, "event", None, reading.file, found.line, scope)]
        for case in inherited:
            yield replace(case, partly=case.partly or found.partly)


def _parent_process(function: FunctionType, owner: type | None, parent: ast.expr | None, scope: Scope) -> Any:
    """The function that such a call runs; None for the abstract one."""
    if parent is not None:
        try:
            candidates: Iterable[type] = scope.resolve(parent).__mro__
        except (Unresolved, AttributeError):
            return None
    else:
        defining = _defining_class(function, owner)
        ancestors = (owner or defining or object).__mro__
        candidates = ancestors[ancestors.index(defining) + 1 :] if defining in ancestors else ()
    process = next((vars(cls)["process"] for cls in candidates if "process" in vars(cls)), None)
    return None if getattr(process, "__isabstractmethod__", False) else process


def _defining_class(function: FunctionType, owner: type | None) -> type | None:
    if "__class__" in function.__code__.co_freevars:
        cell = (function.__closure__ or ())[function.__code__.co_freevars.index("__class__")]
        defining: type = cell.cell_contents
        return defining
    ancestors = owner.__mro__ if owner else ()
    return next((cls for cls in ancestors if unwrap(vars(cls).get("process")) is function), None)


def _read(function: FunctionType, *, method: bool) -> Reading:
    source = source_of(function)
    node = source.node
    if isinstance(node, ast.ClassDef):
        raise TypeError(f"{node.name} is a class: a function with a match statement is expected")
    names = [parameter.arg for parameter in (*node.args.posonlyargs, *node.args.args)]
    bound = method or names[:1] == ["self"]
    event = (names[2] if bound and len(names) > 2 else names[-1]) if names else None  # noqa: PLR2004 - self, context
    itself = names[0] if bound and len(names) > 2 else None  # noqa: PLR2004 - a static method has no self
    reader = _Reader(event)
    for statement in node.body:
        reader.visit(statement)
    return Reading(source.file, event, itself, tuple(reader.found), _imports(node))


class _Reader(ast.NodeVisitor):
    """Collects what looks at the event, and under which circumstances it is reached."""

    def __init__(self, event: str | None) -> None:
        self.event = event
        self.found: list[_Found | _ParentCall] = []
        self._partly: str | None = None
        self._in_case = False
        self._leaves = False

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, _OTHER_SCOPES):
            return
        if isinstance(node, ast.Return | ast.Raise):
            self._leaves |= self._partly is not None and not self._in_case
        if isinstance(node, _SOMETIMES):
            self._sometimes(node)
        else:
            super().visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        called = node.func
        if isinstance(called, ast.Attribute) and called.attr == "process" and self._passes_event(node):
            parent = called.value
            is_super = isinstance(parent, ast.Call) and _is_name(parent.func, "super")
            if is_super or not isinstance(parent, ast.Call):
                self.found.append(_ParentCall(None if is_super else parent, self._partly, node.lineno))
        self.generic_visit(node)

    def visit_Match(self, node: ast.Match) -> None:
        aspect = _aspect(node.subject, self.event)
        if aspect is None:
            self._sometimes(node)
            return
        around = self._partly or ("the code before the match, which may return," if self._leaves else None)
        if aspect != "other":
            parts = _parts(node.subject, self.event)
            for case in node.cases:
                pattern, alone = _at(case.pattern, *parts) if parts else (case.pattern, True)
                partly = around if alone else around or "the other parts of the match"
                if pattern is not None:
                    self.found.append(_Found(pattern, case.guard, aspect, partly, case.pattern.lineno))
        elif not self._in_case:  # inside a case it only refines what that case has let in
            partly = f"the match on {ast.unparse(node.subject)}"
            self.found.append(_Found(WILDCARD, None, "event", partly, node.lineno))
        before, self._in_case = self._in_case, True
        for branch in node.cases:
            self._sometimes(branch)
        self._in_case = before

    def _sometimes(self, node: ast.AST) -> None:
        before, self._partly = self._partly, "the code around the match"
        self.generic_visit(node)
        self._partly = before

    def _passes_event(self, call: ast.Call) -> bool:
        values = [*call.args, *(keyword.value for keyword in call.keywords)]
        return any(_is_name(value, self.event) or isinstance(value, ast.Starred) for value in values)


_Aspect = Literal["event", "name", "other"]


def _aspect(subject: ast.expr, event: str | None) -> _Aspect | None:
    """What of the event a match statement looks at; for a tuple what its first such part looks at."""
    if event is None:
        return None
    if isinstance(subject, ast.NamedExpr):
        subject = subject.value
    if _is_name(subject, event):
        return "event"
    if isinstance(subject, ast.Attribute) and _is_name(subject.value, event) and subject.attr == "name":
        return "name"
    parts = _parts(subject, event)
    if parts and isinstance(subject, ast.Tuple | ast.List):
        return _aspect(subject.elts[parts[0]], event)
    return "other" if any(_is_name(part, event) for part in ast.walk(subject)) else None


def _parts(subject: ast.expr, event: str | None) -> tuple[int, int] | None:
    """Where in a tuple the event stands, and how long the tuple is."""
    if not isinstance(subject, ast.Tuple | ast.List) or any(isinstance(part, ast.Starred) for part in subject.elts):
        return None
    aspects = [_aspect(part, event) for part in subject.elts]
    index = next((index for index, aspect in enumerate(aspects) if aspect in {"event", "name"}), None)
    return None if index is None else (index, len(aspects))


def _at(pattern: ast.pattern, index: int, count: int) -> tuple[ast.pattern | None, bool]:
    """The pattern of one part of a tuple, None if the tuple never fits; and whether the other parts fit anything."""
    if isinstance(pattern, ast.MatchAs) and pattern.pattern is not None:
        return _at(pattern.pattern, index, count)
    if isinstance(pattern, ast.MatchOr):
        pairs = [_at(part, index, count) for part in pattern.patterns]
        patterns = [part for part, _ in pairs if part is not None]
        return _either(patterns), all(alone for part, alone in pairs if part is not None)
    if not isinstance(pattern, ast.MatchSequence):
        return WILDCARD, _is_irrefutable(pattern)
    parts = list(pattern.patterns)
    stars = [number for number, part in enumerate(parts) if isinstance(part, ast.MatchStar)]
    missing = count - len(parts) + len(stars)
    if missing < 0 or (missing and not stars):
        return None, True
    for star in stars:
        parts[star : star + 1] = [WILDCARD] * missing
    return parts[index], all(_is_irrefutable(part) for number, part in enumerate(parts) if number != index)


def _either(patterns: list[ast.pattern]) -> ast.pattern | None:
    if len(patterns) < 2:  # noqa: PLR2004 - an or-pattern has two parts at least
        return patterns[0] if patterns else None
    return WILDCARD if any(map(_is_irrefutable, patterns)) else ast.MatchOr(patterns)


def _is_irrefutable(pattern: ast.pattern) -> bool:
    if isinstance(pattern, ast.MatchOr):
        return any(map(_is_irrefutable, pattern.patterns))
    return isinstance(pattern, ast.MatchAs) and (pattern.pattern is None or _is_irrefutable(pattern.pattern))


def _is_name(expression: ast.AST, name: str | None) -> bool:
    return isinstance(expression, ast.Name) and expression.id == name


def _imports(node: ast.AST) -> dict[str, tuple[str, str | None]]:
    """What import statements inside the function bind: local name to module and name in it."""
    bound: dict[str, tuple[str, str | None]] = {}
    for part in ast.walk(node):
        if isinstance(part, ast.ImportFrom) and not part.level:
            bound |= {alias.asname or alias.name: (part.module or "", alias.name) for alias in part.names}
        elif isinstance(part, ast.Import):
            names = ((alias.asname or alias.name.partition(".")[0], alias) for alias in part.names)
            bound |= {name: (alias.name if alias.asname else name, None) for name, alias in names}
    return bound
