"""Guards that are evaluated on request: what a guard says of one event, and the values of its operands."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

from framework.core.matching.cases import MatchCase, Scope, Unresolved
from framework.core.matching.compiling import code_of, function_of, outside_of
from framework.observe.text import error_line, short_repr
from framework.parsing import parsed
from framework.source import place

NOTE = "_noted_operand"
SHOWN_VALUE, SHOWN_GUARD = 80, 160  # characters
_SCOPES = (ast.Starred, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Guard(NamedTuple):
    """The answer of a guard: whether it holds, None if only the running code can tell, and that in words."""

    holds: bool | None
    words: str
    raised: bool = False


def guard_text(case: MatchCase) -> str:
    """Return the guard of a case with its place."""
    assert case.guard is not None  # noqa: S101 - asked for cases with a guard only
    text = ast.unparse(case.guard)
    shown = text if len(text) <= SHOWN_GUARD else f"{text[: SHOWN_GUARD - 3]}..."
    return f"the guard `{shown}` at {place(case.file, case.guard.lineno)}"


def ask_guard(case: MatchCase, event: Any, instance: object) -> Guard:
    """Evaluate the guard of a case whose pattern fits the event, as the `match` would, with the captures bound."""
    text = guard_text(case)
    try:
        function = _compiled(case)
    except (Unresolved, SyntaxError) as unknown:
        reason = str(unknown) if isinstance(unknown, Unresolved) else "which awaits"
        return Guard(None, f"depends on {text}, {reason}")
    noted: dict[str, str] = {}

    def note(name: str, value: Any) -> Any:
        if not isinstance(value, type | ModuleType | FunctionType):
            noted[name] = f"{name}={short_repr(value, SHOWN_VALUE)}"
        return value

    try:
        holds = bool(function(instance, event, note))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - the delivery would fail with it
        return Guard(holds=False, words=f"{text} raises {error_line(error)}{_listed(noted)}", raised=True)
    return Guard(holds, f"{text} is {holds}{_listed(noted)}")


def _listed(noted: dict[str, str]) -> str:
    return f" with {', '.join(noted.values())}" if noted else ""


def _compiled(case: MatchCase) -> FunctionType:
    """Compile `match event: case pattern: return guard` into a function of self, the event and what notes operands.

    Raises:
        Unresolved: the guard uses a variable of the running code.
    """
    scope = case.scope
    assert case.guard is not None  # noqa: S101 - asked for cases with a guard only
    event, self_name = scope.syntax.event or "_event", scope.syntax.self_name or "_self"
    known = {event, self_name, *scope.syntax.imports, *_bound(case.pattern), *_bound(case.guard)}
    code = scope.function.__code__
    running = {*code.co_varnames, *code.co_cellvars} - known
    used = next((name for name in _names(case.guard) if name in running), None)
    if used is not None:
        raise Unresolved(f"which uses {used!r} of the running code")
    guard = _private(_with_notes(copy.deepcopy(case.guard)), scope)
    subject = parsed(f"{event}.name" if case.aspect == "name" else event, "eval").body
    used_here = sorted({*_bound(case.pattern)}.intersection(_names(case.guard)))
    captures: list[ast.stmt] = [ast.Expr(_noted(name, ast.Name(name, ast.Load()))) for name in used_here]
    arm = ast.match_case(copy.deepcopy(case.pattern), None, [*captures, ast.Return(guard)])
    body: list[ast.stmt] = [ast.Match(subject, [arm])]
    return function_of(code_of(body, (self_name, event, NOTE), outside_of(scope)), scope)


def _bound(part: ast.AST) -> Iterator[str]:
    """Yield the names that a pattern captures, or that a guard binds itself."""
    for node in ast.walk(part):
        match node:
            case ast.MatchAs(name=str() as name) | ast.MatchStar(name=str() as name):
                yield name
            case ast.MatchMapping(rest=str() as name):
                yield name
            case ast.NamedExpr(target=ast.Name(id=name)) | ast.comprehension(target=ast.Name(id=name)):
                yield name
            case ast.comprehension(target=target):
                yield from (inner.id for inner in ast.walk(target) if isinstance(inner, ast.Name))
            case ast.arg(arg=name):
                yield name


def _names(expression: ast.expr) -> Iterator[str]:
    return (node.id for node in ast.walk(expression) if isinstance(node, ast.Name))


def _with_notes(node: ast.expr) -> ast.expr:
    """Wrap the operands of a condition, each of which is evaluated as often as before."""
    match node:
        case ast.BoolOp():
            node.values = [_with_notes(value) for value in node.values]
        case ast.UnaryOp(op=ast.Not()):
            node.operand = _with_notes(node.operand)
        case ast.IfExp():
            node.test, node.body, node.orelse = map(_with_notes, (node.test, node.body, node.orelse))
        case ast.Compare():
            node.left, *node.comparators = map(_with_notes, (node.left, *node.comparators))
        case ast.NamedExpr():
            return _noted(node.target.id, node)
        case ast.Call():
            text = ast.unparse(node)
            node.args = [one if isinstance(one, _SCOPES) else _with_notes(one) for one in node.args]
            return _noted(text, node)
        case _ if not _is_literal(node):
            return _noted(ast.unparse(node), node)
    return node


def _noted(text: str, node: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(NOTE, ast.Load()), [ast.Constant(text), node], [])


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def _private(guard: ast.expr, scope: Scope) -> ast.expr:
    """Mangle private names as in the body of the class that the function was written in."""
    owner = ["", *scope.function.__qualname__.split(".")][-2].lstrip("_")
    if owner and owner != "<locals>":
        for node in ast.walk(guard):
            match node:
                case ast.Attribute(attr=name) if name.startswith("__") and not name.endswith("__"):
                    node.attr = f"_{owner}{name}"
    return guard
