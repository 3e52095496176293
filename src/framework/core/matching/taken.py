"""Which `case` of a `process` an event takes, by Python's own `match`. Start at `case_finder`."""

from __future__ import annotations

import ast
import copy
import functools
from collections.abc import Callable, Sequence
from types import CodeType
from typing import Any, NamedTuple

from framework.core.matching.cases import MatchCase, Unresolved, cases_of
from framework.core.matching.compiling import code_of, function_of, outside_of
from framework.errors import SourceUnavailable
from framework.parsing import parsed

_MATCHING_THEMSELVES = frozenset({"bool", "bytes", "dict", "float", "int", "list", "set", "str", "tuple"})
"""Built-in classes whose one position is the whole value."""
_USED = frozenset({"isinstance", "AttributeError"})
CaseFound = str | bool | None
"""Where the `case` stands that takes an event; True if one takes it and a guard decides which, False if none does, None
if a guard decides whether one does."""


def case_finder(processor: Any) -> Callable[[Any], CaseFound]:
    """Return a function that says which `case` of the processor takes an event, without running guards or bodies.

    All patterns are compiled into one function, which costs half as much as the `match` itself: a history asks it at
    every delivery. What a `process` without a `match` takes is not known. For a class, `self` in a pattern is None.
    """
    try:
        cases = cases_of(processor.process, processor if isinstance(processor, type) else type(processor))
        finders = [_compiled(group, processor) for group in _by_function(cases)]
    except (SourceUnavailable, Unresolved, SyntaxError):
        return lambda _: None
    if not finders:
        return lambda _: True
    return finders[0] if len(finders) == 1 else lambda event: _merged([find(event) for find in finders])


def _merged(found: Sequence[CaseFound]) -> CaseFound:
    """The answer of several match statements that see the same event."""
    certain = [one for one in found if one]
    if certain:
        return certain[0] if len(certain) == 1 else next((one for one in certain if isinstance(one, str)), True)
    return None if None in found else False


def _by_function(cases: Sequence[MatchCase]) -> list[list[MatchCase]]:
    """Group the cases that can stand in one match statement: of one function, about the event or about its name."""
    groups: list[list[MatchCase]] = []
    for case in cases:
        last = groups[-1][-1] if groups else None
        if last is not None and last.scope is case.scope and last.aspect == case.aspect:
            groups[-1].append(case)
        else:
            groups.append([case])
    return groups


def _compiled(cases: Sequence[MatchCase], processor: object) -> Callable[[Any], CaseFound]:
    """Compile cases of one function into one of the event alone, which sees the names that that function sees."""
    scope = cases[0].scope
    event, outside = scope.syntax.event or "_event", outside_of(scope)
    code = _code(
        tuple(Arm(case.pattern, case.decides_alone, case.where, _positions(case, processor)) for case in cases),
        f"{event}.name" if cases[0].aspect == "name" else event,
        (event, scope.syntax.self_name or "_self"),
        outside,
        frozenset((_MATCHING_THEMSELVES | _USED) - {*scope.function.__globals__, *outside}),
    )
    return function_of(code, scope, (None if isinstance(processor, type) else processor,))


class Arm(NamedTuple):
    """A pattern, whether it decides alone, where its `case` stands, and the attributes that its positions stand for."""

    pattern: ast.pattern
    certain: bool
    where: str
    positions: tuple[str, ...]


def _positions(case: MatchCase, processor: object) -> tuple[str, ...]:
    pattern = case.pattern
    if not isinstance(pattern, ast.MatchClass) or not pattern.patterns:
        return ()
    try:
        names = case.scope.resolve(pattern.cls, processor).__match_args__
    except (Unresolved, AttributeError):
        return ()
    return names[: len(pattern.patterns)] if isinstance(names, tuple) else ()


@functools.lru_cache(4096)  # the instances of a class share the patterns that were read from it
def _code(
    arms: tuple[Arm, ...], subject: str, parameters: tuple[str, ...], outside: tuple[str, ...], builtin: frozenset[str]
) -> CodeType:
    # The delivery itself will raise what the match raises, and keep it as its failure.
    guarded = parsed("try:\n    while True: pass\nexcept Exception: return None").body
    body, first = guarded[0].body, guarded[0].body[0].body  # type: ignore[attr-defined]
    first[:] = []
    for arm in arms:
        # A case whose guard would decide ends the search; then a look whether one without a guard would take it.
        then: ast.stmt = ast.Return(ast.Constant(arm.where)) if arm.certain else ast.Break()
        first.append(_test(arm, subject, then, builtin))
    first.append(ast.Return(ast.Constant(value=False)))
    body += [_test(arm, subject, ast.Return(ast.Constant(value=True)), builtin) for arm in arms if arm.certain]
    body.append(ast.Return(ast.Constant(None)))
    return code_of(guarded, parameters, outside)


def _test(arm: Arm, subject: str, then: ast.stmt, builtin: frozenset[str]) -> ast.stmt:
    """Return a statement that does `then` if the subject fits the pattern.

    Python's class pattern makes a set and a tuple each time; tests of the attributes take a third of its time.
    """
    quick = _quick(arm, subject, then, builtin)
    if quick is not None:
        return quick
    pattern = _WithoutCaptures().visit(copy.deepcopy(arm.pattern))
    return ast.Match(_parsed(subject), [ast.match_case(pattern, None, [then])])


def _quick(arm: Arm, subject: str, then: ast.stmt, builtin: frozenset[str]) -> ast.stmt | None:
    pattern = arm.pattern
    if not builtin >= _USED:
        return None
    if not isinstance(pattern, ast.MatchClass):
        test = _condition(pattern, subject, builtin)
        return None if test is None else ast.If(test, [then], [])
    names = [*arm.positions, *pattern.kwd_attrs]
    parts = [*pattern.patterns, *pattern.kwd_patterns]
    if len(names) != len(parts) or len(set(names)) < len(names):
        return None  # Python raises an error
    conditions = [_condition(part, f"_part{number}_", builtin) for number, part in enumerate(parts)]
    if None in conditions:
        return None
    # As Python does: all attributes are read, then each is compared.
    read = [parsed(f"_part{number}_ = {subject}.{name}").body[0] for number, name in enumerate(names)]
    compared = [one for one in conditions if one is not None and not isinstance(one, ast.Constant)]  # not just True
    inner: ast.stmt = ast.If(ast.BoolOp(ast.And(), compared), [then], []) if len(compared) > 1 else then
    inner = ast.If(compared[0], [then], []) if len(compared) == 1 else inner
    absent = ast.ExceptHandler(ast.Name("AttributeError", ast.Load()), None, [ast.Pass()])
    tried: list[ast.stmt] = [ast.Try(read, [absent], [inner], [])] if read else [inner]
    is_one = ast.Call(ast.Name("isinstance", ast.Load()), [_parsed(subject), pattern.cls], [])
    return ast.If(is_one, tried, [])


def _condition(pattern: ast.pattern, subject: str, builtin: frozenset[str]) -> ast.expr | None:
    """Return an expression that is true if the subject fits the pattern; None for one that takes a `match`."""
    found: ast.expr | None = None
    match pattern:
        case ast.MatchAs(pattern=None):
            found = ast.Constant(value=True)
        case ast.MatchAs(pattern=ast.pattern() as inner):
            found = _condition(inner, subject, builtin)
        case ast.MatchValue(value=value):
            found = ast.Compare(_parsed(subject), [ast.Eq()], [value])
        case ast.MatchSingleton(value=value):
            found = ast.Compare(_parsed(subject), [ast.Is()], [ast.Constant(value)])
        case ast.MatchOr(patterns=patterns):
            parts = [_condition(part, subject, builtin) for part in patterns]
            found = None if None in parts else ast.BoolOp(ast.Or(), [part for part in parts if part is not None])
        case ast.MatchClass(cls=ast.Name(id=name), patterns=[] | [ast.MatchAs(pattern=None)], kwd_attrs=[]):
            if name in builtin:
                found = ast.Call(ast.Name("isinstance", ast.Load()), [_parsed(subject), pattern.cls], [])
    return found


def _parsed(expression: str) -> ast.expr:
    return parsed(expression, "eval").body


class _WithoutCaptures(ast.NodeTransformer):
    """A captured name would hide the global or closure variable of that name from the other patterns."""

    def visit_MatchAs(self, node: ast.MatchAs) -> ast.pattern:
        pattern: ast.pattern = ast.MatchAs() if node.pattern is None else self.visit(node.pattern)
        return pattern

    def visit_MatchStar(self, node: ast.MatchStar) -> ast.MatchStar:
        return ast.copy_location(ast.MatchStar(), node)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> ast.MatchMapping:
        self.generic_visit(node)
        node.rest = None
        return node
