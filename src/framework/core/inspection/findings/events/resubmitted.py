"""Events whose attributes their sender sets after it has submitted them, as its code says."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from framework.core.inspection.findings.evidence import Evidence
from framework.core.inspection.findings.places import body_of
from framework.observe.findings import Finding
from framework.source import place

_LEAVING = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_ENDING = (ast.Return, ast.Raise, ast.Break)
_CONDITIONAL = (ast.If, ast.Match, ast.For, ast.AsyncFor, ast.While, ast.Try)


class _Change(NamedTuple):
    variable: str
    attribute: str
    submitted: int  # lines
    changed: int


def resubmitted(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each processor that goes on changing an event behind its `submit`, where that code ran."""
    read: dict[ast.AST, list[tuple[int | None, _Change]]] = {}  # one of 1,000 processors of a class
    for name, processor in evidence.processors.items():
        source = body_of(processor)
        report = evidence.totals.get(name)
        if source is None or report is None or not report.delivered:
            continue
        if source.node not in read:
            read[source.node] = list(_by_case(source.node))
        for case, found in read[source.node]:
            taken = evidence.taken(name)
            if taken is not None and case is not None and place(source.file, case) not in taken:
                continue
            yield Finding(
                "changed after its submit",
                f"{name} sets {found.variable}.{found.attribute} after it has submitted {found.variable} at "
                f"{place(source.file, found.submitted)}: who receives it may see either",
                place(source.file, found.changed),
                name,
                remedy="set it before the submit, or submit a new event",
            )
            break


def _by_case(function: ast.AST) -> Iterator[tuple[int | None, _Change]]:
    """Yield the changes in a function, each with the line of the outermost `case` that it stands in."""
    if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
        return
    names = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
    context = next((name for name in names if name not in {"self", "cls"}), None)
    cases = [
        case
        for statement in function.body
        if function.name == "process" and isinstance(statement, ast.Match)
        for case in statement.cases
    ]
    lines = {id(part): case.pattern.lineno for case in cases for part in ast.walk(case)}
    for node in ast.walk(function):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list):
                loop = node if isinstance(node, ast.For | ast.AsyncFor | ast.While) else None
                for found in _in_block(block, loop, context):
                    yield lines.get(id(node)), found


def _in_block(block: Sequence[ast.stmt], loop: ast.stmt | None, context: str | None) -> Iterator[_Change]:
    for place_of, statement in enumerate(block):
        for variable, line in _submits(statement, context):
            after = block[place_of + 1 :]
            if loop is not None and not _binds(loop, variable) and not any(isinstance(one, _ENDING) for one in after):
                after = [*after, *block[:place_of]]  # the same event in each turn
            branches = isinstance(statement, _CONDITIONAL)  # then another branch may be the one that changes it
            for later in after:
                if _binds(later, variable):
                    break
                if branches and isinstance(later, _CONDITIONAL):
                    continue
                for part in ast.walk(later):
                    if not isinstance(part, ast.Attribute) or not isinstance(part.ctx, ast.Store):
                        continue
                    if isinstance(part.value, ast.Name) and part.value.id == variable:
                        yield _Change(variable, part.attr, line, part.lineno)


def _submits(statement: ast.stmt, context: str | None) -> Iterator[tuple[str, int]]:
    """Yield the variables that a statement submits and goes on behind."""
    if any(isinstance(part, _LEAVING) for part in ast.walk(statement)):
        return
    for part in ast.walk(statement):
        match part:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="submit"), args=[ast.Name(id=variable)]) if (
                name == context
            ):
                yield variable, part.lineno


def _binds(statement: ast.AST, variable: str) -> bool:
    return any(
        isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store) and part.id == variable
        for part in ast.walk(statement)
    )
