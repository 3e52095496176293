"""Whether an event fits the cases of a `process`, found without running any of it.

`fall_through_test` gives the quick answer, by Python's own `match`; `check_case` goes through one pattern and gives the
reason in words. Neither executes a guard; both read attributes, as the patterns do.
"""

from __future__ import annotations

import ast
import copy
import functools
from collections.abc import Callable
from types import CellType, CodeType, FunctionType
from typing import Any, Literal, NamedTuple

from framework.core.matching.cases import MatchCase, Unresolved, cases_of
from framework.core.matching.mismatch import Mismatch, find_mismatch
from framework.errors import SourceUnavailable
from framework.observe.text import error_line

Receives = Literal["yes", "no", "depends"]


class Verdict(NamedTuple):
    """Whether one case takes an event, and the `reason` in words; `mismatch` where the pattern does not fit."""

    case: MatchCase
    receives: Receives
    reason: str
    mismatch: Mismatch | None = None


def fall_through_test(processor: Any) -> Callable[[Any], bool | None]:
    """Return a quick test for events that no case of the processor takes.

    The test returns None when that cannot be told: a guard decides, or the code around the match, or a name that only
    the running code binds. A `process` without a match on the event takes everything.

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
        except Exception:  # noqa: BLE001 - the delivery will raise it as well, and keep it as a failure
            return None
        return fell

    return through


def check_case(case: MatchCase, event: Any, instance: object = None) -> Verdict:
    """Return whether the case takes the event, and the reason.

    Args:
        case: one case of a `process`.
        event: what would be matched.
        instance: the processor, for patterns that use `self`.
    """
    try:
        subject = event if case.aspect == "event" else event.name
        mismatch = find_mismatch(case.pattern, subject, case.scope, instance, "" if case.aspect == "event" else "name")
    except Unresolved as error:
        return Verdict(case, "depends", f"depends on {error}, which only the running code knows, at {case.where}")
    except Exception as error:  # noqa: BLE001 - Python's own match would raise it as well
        return Verdict(case, "depends", f"the case at {case.where} raises {error_line(error)}")
    if mismatch is not None:
        return Verdict(case, "no", mismatch.words, mismatch)
    if case.condition is not None:
        return Verdict(case, "depends", f"depends on {case.condition}")
    return Verdict(case, "yes", f"case at {case.where}")


def _fits(case: MatchCase) -> Callable[[object, Any], bool]:
    """Compile the pattern to a function of `self` and the event, which sees the names that `process` sees."""
    function, syntax = case.scope.function, case.scope.syntax
    outside = (*function.__code__.co_freevars, *syntax.imports)
    code = _code(case.pattern, case.aspect, syntax.self_name or "_self", syntax.event or "_event", outside)
    original = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    cells = (
        original[name] if name in original else CellType(case.scope.resolve(ast.Name(name)))
        for name in code.co_freevars
    )
    return FunctionType(code, function.__globals__, "fits", None, tuple(cells))


@functools.lru_cache(4096)  # the instances of a class share the patterns that were read from it
def _code(pattern: ast.pattern, aspect: str, self_name: str, event: str, outside: tuple[str, ...]) -> CodeType:
    subject = f"{event}.name" if aspect == "name" else event
    module = ast.parse(
        f"def around({', '.join(dict.fromkeys(outside))}):\n"
        f"    def fits({self_name}, {event}):\n"
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
