"""Cases that are never reached, because one before them takes all that they take."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from framework.core.inspection.findings.evidence import Evidence
from framework.core.inspection.findings.places import body_of
from framework.observe.findings import Finding
from framework.source import place, unwrap


def shadowed(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each `case` of a processor that an earlier one without a guard covers."""
    read = set[ast.AST]()  # one of 1,000 processors of a class
    for name, processor in evidence.processors.items():
        source = body_of(processor)
        if source is None or source.node in read:
            continue
        read.add(source.node)
        known = getattr(unwrap(getattr(processor, "process", None)), "__globals__", {})
        for match in (node for node in ast.walk(source.node) if isinstance(node, ast.Match)):
            for number, case in enumerate(match.cases):
                before = (one for one in match.cases[:number] if one.guard is None)
                first = next((one for one in before if _covers(one.pattern, case.pattern, known)), None)
                if first is None:
                    continue
                where, other = place(source.file, case.pattern.lineno), place(source.file, first.pattern.lineno)
                yield Finding(
                    "case that is never reached",
                    f"{name} never reaches `case {ast.unparse(case.pattern)}`: `case {ast.unparse(first.pattern)}` at "
                    f"{other}, which comes first, takes all of it",
                    where,
                    name,
                    remedy="put the narrower case first",
                )


def _covers(wide: ast.pattern, narrow: ast.pattern, known: Mapping[str, Any]) -> bool:
    """Whether a pattern takes everything that another takes, as far as the code tells."""
    if isinstance(wide, ast.MatchAs):
        return wide.pattern is None or _covers(wide.pattern, narrow, known)
    if isinstance(narrow, ast.MatchAs) and narrow.pattern is not None:
        return _covers(wide, narrow.pattern, known)
    if isinstance(narrow, ast.MatchOr):
        return all(_covers(wide, one, known) for one in narrow.patterns)
    if isinstance(wide, ast.MatchOr):
        return any(_covers(one, narrow, known) for one in wide.patterns)
    if isinstance(wide, ast.MatchClass) and isinstance(narrow, ast.MatchClass):
        mine, theirs = _parts(wide), _parts(narrow)
        return _is_base(wide.cls, narrow.cls, known) and all(
            key in theirs and _covers(part, theirs[key], known) for key, part in mine.items()
        )
    return ast.dump(wide) == ast.dump(narrow)


def _parts(pattern: ast.MatchClass) -> dict[str | int, ast.pattern]:
    positions = {number or "name": part for number, part in enumerate(pattern.patterns)}
    return {**positions, **dict(zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True))}


def _is_base(wide: ast.expr, narrow: ast.expr, known: Mapping[str, Any]) -> bool:
    if ast.dump(wide) == ast.dump(narrow):
        return True
    base, cls = (known.get(one.id) if isinstance(one, ast.Name) else None for one in (wide, narrow))
    return isinstance(base, type) and isinstance(cls, type) and issubclass(cls, base)
