"""The match statements on the event in the source of one function. Start at `read_matches`."""

from __future__ import annotations

import ast
from types import CodeType, FunctionType
from typing import Literal, NamedTuple
from weakref import WeakKeyDictionary

from framework.source import source_of

WILDCARD = ast.MatchAs()
_OTHER_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_CONDITIONAL = (ast.If, ast.For, ast.While, ast.AsyncFor, ast.ExceptHandler, ast.IfExp, ast.BoolOp)


class CaseSyntax(NamedTuple):
    """One `case` that looks at the event, as written; `MatchCase` adds the scope that its names are bound in."""

    pattern: ast.pattern
    guard: ast.expr | None
    aspect: Literal["event", "name"]
    other_condition: str | None
    line: int


class ParentCall(NamedTuple):
    """`super().process(...)` or `Parent.process(self, ...)`: `parent` is None for the former."""

    parent: ast.expr | None
    other_condition: str | None
    line: int


class MatchSyntax(NamedTuple):
    """The match statements of one function, and the names of its parameters; holds no reference to the function."""

    file: str
    event: str | None
    self_name: str | None
    entries: tuple[CaseSyntax | ParentCall, ...]
    imports: dict[str, tuple[str, str | None]]


_cache: WeakKeyDictionary[FunctionType, tuple[CodeType, MatchSyntax]] = WeakKeyDictionary()


def read_matches(function: FunctionType, *, method: bool) -> MatchSyntax:
    """Read a function once; its instances, pipelines and explanations share the result."""
    code, syntax = _cache.get(function, (None, None))
    if syntax is None or code is not function.__code__:  # %autoreload puts other code into the same function
        syntax = _read(function, method=method)
        _cache[function] = function.__code__, syntax
    return syntax


def _read(function: FunctionType, *, method: bool) -> MatchSyntax:
    source = source_of(function)
    node = source.node
    assert not isinstance(node, ast.ClassDef)  # noqa: S101 - a function's source is a function
    names = _parameters(node.args)
    bound = method or names[:1] == ["self"]
    event = (names[2] if bound and len(names) > 2 else names[-1]) if names else None  # noqa: PLR2004 - self, context
    self_name = names[0] if bound and len(names) > 2 else None  # noqa: PLR2004 - a static method has no self
    reader = _MatchReader(event)
    for statement in node.body:
        reader.visit(statement)
    return MatchSyntax(source.file, event, self_name, tuple(reader.entries), _imports(node))


def _parameters(arguments: ast.arguments) -> list[str]:
    """Return the names of the positional parameters, without those with a default behind the event."""
    names = [parameter.arg for parameter in (*arguments.posonlyargs, *arguments.args)]
    first = 3 if names[:1] in (["self"], ["cls"]) else 2
    return names[: max(first, len(names) - len(arguments.defaults))]


class _MatchReader(ast.NodeVisitor):
    """Collects the cases that look at the event, and the conditions under which they are reached."""

    def __init__(self, event: str | None) -> None:
        self.event = event
        self.entries: list[CaseSyntax | ParentCall] = []
        self._other_condition: str | None = None
        self._in_case = False
        self._may_return = False

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, _OTHER_SCOPES):
            return
        if isinstance(node, ast.Return | ast.Raise):
            self._may_return |= self._other_condition is not None and not self._in_case
        if isinstance(node, _CONDITIONAL):
            self._visit_conditional(node)
        else:
            super().visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        called = node.func
        if isinstance(called, ast.Attribute) and called.attr == "process" and self._passes_event(node):
            parent = called.value
            is_super = isinstance(parent, ast.Call) and _is_name(parent.func, "super")
            if is_super or not isinstance(parent, ast.Call):
                self.entries.append(ParentCall(None if is_super else parent, self._other_condition, node.lineno))
        self.generic_visit(node)

    def visit_Match(self, node: ast.Match) -> None:
        aspect = _aspect(node.subject, self.event)
        if aspect is None:
            self._visit_conditional(node)
            return
        around = self._other_condition or ("the code before the match, which may return," if self._may_return else None)
        if aspect != "other":
            parts = _position(node.subject, self.event)
            for case in node.cases:
                pattern, alone = _pattern_at(case.pattern, *parts) if parts else (case.pattern, True)
                other_condition = around if alone else around or "the other parts of the match"
                if pattern is not None:
                    self.entries.append(CaseSyntax(pattern, case.guard, aspect, other_condition, case.pattern.lineno))
        elif not self._in_case:  # inside a case it only refines what that case has let in
            other_condition = f"the match on {ast.unparse(node.subject)}"
            self.entries.append(CaseSyntax(WILDCARD, None, "event", other_condition, node.lineno))
        before, self._in_case = self._in_case, True
        for branch in node.cases:
            self._visit_conditional(branch)
        self._in_case = before

    def _visit_conditional(self, node: ast.AST) -> None:
        before, self._other_condition = self._other_condition, "the code around the match"
        self.generic_visit(node)
        self._other_condition = before

    def _passes_event(self, call: ast.Call) -> bool:
        values = [*call.args, *(keyword.value for keyword in call.keywords)]
        return any(_is_name(value, self.event) or isinstance(value, ast.Starred) for value in values)


_Aspect = Literal["event", "name", "other"]


def _aspect(subject: ast.expr, event: str | None) -> _Aspect | None:
    """Return what a match looks at: the event, its name, or another part; for a tuple, its first such part."""
    if event is None:
        return None
    if isinstance(subject, ast.NamedExpr):
        subject = subject.value
    if _is_name(subject, event):
        return "event"
    if isinstance(subject, ast.Attribute) and _is_name(subject.value, event) and subject.attr == "name":
        return "name"
    parts = _position(subject, event)
    if parts and isinstance(subject, ast.Tuple | ast.List):
        return _aspect(subject.elts[parts[0]], event)
    return "other" if any(_is_name(part, event) for part in ast.walk(subject)) else None


def _position(subject: ast.expr, event: str | None) -> tuple[int, int] | None:
    """Return the index of the event in a tuple, and the length of the tuple."""
    if not isinstance(subject, ast.Tuple | ast.List) or any(isinstance(part, ast.Starred) for part in subject.elts):
        return None
    aspects = [_aspect(part, event) for part in subject.elts]
    index = next((index for index, aspect in enumerate(aspects) if aspect in {"event", "name"}), None)
    return None if index is None else (index, len(aspects))


def _pattern_at(pattern: ast.pattern, index: int, count: int) -> tuple[ast.pattern | None, bool]:
    """Return the pattern of one part of a tuple, None if the tuple never fits; and whether the others fit anything."""
    if isinstance(pattern, ast.MatchAs) and pattern.pattern is not None:
        return _pattern_at(pattern.pattern, index, count)
    if isinstance(pattern, ast.MatchOr):
        pairs = [_pattern_at(part, index, count) for part in pattern.patterns]
        patterns = [part for part, _ in pairs if part is not None]
        return _or_pattern(patterns), all(alone for part, alone in pairs if part is not None)
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


def _or_pattern(patterns: list[ast.pattern]) -> ast.pattern | None:
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
    """Return what import statements inside the function bind: local name to module and name in it."""
    bound: dict[str, tuple[str, str | None]] = {}
    for part in ast.walk(node):
        if isinstance(part, ast.ImportFrom) and not part.level:
            bound |= {alias.asname or alias.name: (part.module or "", alias.name) for alias in part.names}
        elif isinstance(part, ast.Import):
            names = ((alias.asname or alias.name.partition(".")[0], alias) for alias in part.names)
            bound |= {name: (alias.name if alias.asname else name, None) for name, alias in names}
    return bound
