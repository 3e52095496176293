"""Events whose attributes their sender sets after it has submitted them, as its code says."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from framework.core.inspection.findings.evidence import Evidence
from framework.core.inspection.findings.places import body_of
from framework.observe.findings import Finding
from framework.source import place

_LEAVING = (ast.Return, ast.Raise, ast.Continue, ast.Break)


def resubmitted(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each processor that goes on changing an event behind its `submit`."""
    read: dict[ast.AST, tuple[str, str, int, int] | None] = {}  # one of 1,000 processors of a class
    for name, processor in evidence.processors.items():
        source = body_of(processor)
        if source is None:
            continue
        if source.node not in read:
            read[source.node] = next(_changes(source.node), None)
        found = read[source.node]
        if found is None:
            continue
        variable, attribute, submitted, changed = found
        yield Finding(
            "changed after its submit",
            f"{name} sets {variable}.{attribute} after it has submitted {variable} at "
            f"{place(source.file, submitted)}: who receives it may see either",
            place(source.file, changed),
            name,
            remedy="set it before the submit, or submit a new event",
        )


def _changes(tree: ast.AST) -> Iterator[tuple[str, str, int, int]]:
    """Yield variable, attribute, line of the submit and line of the change."""
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list):
                yield from _in_block(block, node if isinstance(node, ast.For | ast.While) else None)


def _in_block(block: Sequence[ast.stmt], loop: ast.stmt | None) -> Iterator[tuple[str, str, int, int]]:
    for place_of, statement in enumerate(block):
        for variable, line in _submits(statement):
            after = block[place_of + 1 :]
            if loop is not None and not _binds(loop, variable):
                after = [*after, *block[:place_of]]  # the same event in each turn
            for later in after:
                if _binds(later, variable):
                    break
                for part in ast.walk(later):
                    if not isinstance(part, ast.Attribute) or not isinstance(part.ctx, ast.Store):
                        continue
                    if isinstance(part.value, ast.Name) and part.value.id == variable:
                        yield variable, part.attr, line, part.lineno


def _submits(statement: ast.stmt) -> Iterator[tuple[str, int]]:
    """Yield the variables that a statement submits and goes on behind."""
    if any(isinstance(part, _LEAVING) for part in ast.walk(statement)):
        return
    for part in ast.walk(statement):
        if not isinstance(part, ast.Call) or not isinstance(part.func, ast.Attribute) or part.func.attr != "submit":
            continue
        if len(part.args) == 1 and isinstance(part.args[0], ast.Name):
            yield part.args[0].id, part.lineno


def _binds(statement: ast.AST, variable: str) -> bool:
    return any(
        isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store) and part.id == variable
        for part in ast.walk(statement)
    )
