"""Which `case` of a `process` an event takes, by Python's own `match`. Start at `case_finder`."""

from __future__ import annotations

import ast
import copy
import functools
from collections.abc import Callable, Sequence
from types import CodeType
from typing import Any

from framework.core.matching.cases import MatchCase, Unresolved, cases_of
from framework.core.matching.compiling import code_of, function_of, outside_of
from framework.errors import SourceUnavailable

CaseFound = str | bool | None
"""Where the `case` stands that takes an event; True if one takes it and a guard decides which, False if none does, None
if a guard decides whether one does."""


def case_finder(processor: Any) -> Callable[[Any], CaseFound]:
    """Return a function that says which `case` of the processor takes an event, without running guards or bodies.

    All patterns are compiled into one function, which costs about as much as the `match` itself: a history asks it at
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


def _is_irrefutable(pattern: ast.pattern) -> bool:
    if isinstance(pattern, ast.MatchAs):
        return pattern.pattern is None or _is_irrefutable(pattern.pattern)
    return isinstance(pattern, ast.MatchOr) and any(map(_is_irrefutable, pattern.patterns))


def _compiled(cases: list[MatchCase], processor: object) -> Callable[[Any], CaseFound]:
    """Compile cases of one function into one of the event alone, which sees the names that that function sees."""
    scope = cases[0].scope
    event = scope.syntax.event or "_event"
    code = _code(
        tuple((case.pattern, case.decides_alone, case.where) for case in cases),
        f"{event}.name" if cases[0].aspect == "name" else event,
        (event, scope.syntax.self_name or "_self"),
        outside_of(scope),
    )
    return function_of(code, scope, (None if isinstance(processor, type) else processor,))


Arm = tuple[ast.pattern, bool, str]
"""A pattern, whether it decides alone, and where its `case` stands."""


@functools.lru_cache(4096)  # the instances of a class share the patterns that were read from it
def _code(arms: tuple[Arm, ...], subject: str, parameters: tuple[str, ...], outside: tuple[str, ...]) -> CodeType:
    # The delivery itself will raise what the match raises, and keep it as its failure.
    guarded = ast.parse("try: pass\nexcept Exception: return None").body
    assert isinstance(guarded[0], ast.Try)  # noqa: S101 - it was parsed just now
    body = guarded[0].body
    body[:] = [_match(subject, arms, otherwise=False)]
    certain = tuple(arm for arm in arms if arm[1])
    if len(certain) < len(arms):
        # Reached only if a case fits whose guard was not run: does another one fit that has none?
        body += [_match(subject, certain, otherwise=None, told=True)] if certain else []
        body.append(ast.Return(ast.Constant(None)))
    return code_of(guarded, parameters, outside)


def _match(subject: str, arms: tuple[Arm, ...], *, otherwise: CaseFound, told: bool = False) -> ast.Match:
    """Return a match statement that returns where its cases stand, or True if `told`; it passes one with a guard."""
    cases = []
    for original, certain, where in arms:
        pattern = _WithoutCaptures().visit(copy.deepcopy(original))
        # The guard keeps an irrefutable pattern before others from being a syntax error.
        guard = None if certain else ast.Constant(1)
        then = ast.Return(ast.Constant(told or where)) if certain else ast.Pass()
        cases.append(ast.match_case(pattern, guard, [then]))
        if certain and _is_irrefutable(pattern):
            return ast.Match(ast.parse(subject, mode="eval").body, cases)
    cases.append(ast.match_case(ast.MatchAs(), None, [ast.Return(ast.Constant(otherwise))]))
    return ast.Match(ast.parse(subject, mode="eval").body, cases)


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
