"""Whether an event fits the cases of a `process`, told without running any of it.

`falls_through` gives the quick answer, by Python's own `match`; `judge` goes through the patterns one by one and says
in words what kept an event out. Neither executes a guard; both read attributes, as the patterns do.
"""

from __future__ import annotations

import ast
import copy
import functools
from collections.abc import Callable
from types import CellType, CodeType, FunctionType
from typing import Any, Literal, NamedTuple

from framework.core.matching.cases import Case, Unresolved, cases_of
from framework.core.matching.mismatch import Miss, find_miss
from framework.errors import SourceUnavailable
from framework.observe.text import error_line

Receives = Literal["yes", "no", "depends"]


class Verdict(NamedTuple):
    """What one case says to one event: `miss` says what kept it out, `reason` puts any verdict into words."""

    case: Case
    receives: Receives
    reason: str
    miss: Miss | None = None


def falls_through(processor: Any) -> Callable[[Any], bool | None]:
    """A quick test for events that no case of the processor takes.

    It returns None when that cannot be told: a guard decides, or the code around the match, or a name that only the
    running code knows. A `process` without a match on the event takes everything.

    Args:
        processor: an instance; a class works as well, with None where a pattern uses `self`.
    """
    cls = processor if isinstance(processor, type) else type(processor)
    try:
        tests = [(_fits(case), case.condition is None) for case in cases_of(processor.process, cls)]
    except (SourceUnavailable, Unresolved):
        return lambda _: None
    if not tests:
        return lambda _: False
    instance = None if processor is cls else processor

    def through(event: Any) -> bool | None:
        fell: bool | None = True
        try:
            for fits, certain in tests:
                if fits(instance, event):
                    if certain:
                        return False
                    fell = None
        except Exception:  # noqa: BLE001 - the delivery itself will raise it, and keep it as its failure
            return None
        return fell

    return through


def judge(case: Case, event: Any, instance: object = None) -> Verdict:
    """Whether the case takes the event, and why (not).

    Args:
        case: one case of a `process`.
        event: what would be matched.
        instance: the processor, for patterns that use `self`.
    """
    try:
        subject = event if case.aspect == "event" else event.name
        miss = find_miss(case.pattern, subject, case.scope, instance, "" if case.aspect == "event" else "name")
    except Unresolved as error:
        return Verdict(case, "depends", f"depends on {error}, which only the running code knows, at {case.where}")
    except Exception as error:  # noqa: BLE001 - Python's own match would raise it as well
        return Verdict(case, "depends", f"the case at {case.where} raises {error_line(error)}")
    if miss is not None:
        return Verdict(case, "no", miss.words, miss)
    if case.condition is not None:
        return Verdict(case, "depends", f"depends on {case.condition}")
    return Verdict(case, "yes", f"case at {case.where}")


def _fits(case: Case) -> Callable[[object, Any], bool]:
    """The pattern as a function of `self` and the event, which sees the names that `process` sees."""
    function, reading = case.scope.function, case.scope.reading
    outside = (*function.__code__.co_freevars, *reading.imports)
    code = _code(case.pattern, case.aspect, reading.itself or "_self", reading.event or "_event", outside)
    original = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    cells = (
        original[name] if name in original else CellType(case.scope.resolve(ast.Name(name)))
        for name in code.co_freevars
    )
    return FunctionType(code, function.__globals__, "fits", None, tuple(cells))


@functools.lru_cache(4096)  # the instances of a class share the patterns that were read from it
def _code(pattern: ast.pattern, aspect: str, itself: str, event: str, outside: tuple[str, ...]) -> CodeType:
    subject = f"{event}.name" if aspect == "name" else event
    module = ast.parse(
        f"def around({', '.join(dict.fromkeys(outside))}):\n"
        f"    def fits({itself}, {event}):\n"
        f"        match {subject}:\n"
        f"            case _: return True\n"
        f"        return False\n"
    )
    statement = next(part for part in ast.walk(module) if isinstance(part, ast.Match))
    statement.cases[0].pattern = _WithoutCaptures().visit(copy.deepcopy(pattern))
    around = compile(ast.fix_missing_locations(module), "<pattern>", "exec").co_consts[0]
    return next(code for code in around.co_consts if isinstance(code, CodeType))


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
