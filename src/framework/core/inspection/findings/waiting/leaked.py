"""Holds that were dropped without a release, which keeps a phase open until the garbage collector finds them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from framework.core.inspection.findings.evidence import Evidence
from framework.core.inspection.findings.places import body_of
from framework.core.mailboxes.handler import Handler
from framework.observe.findings import Finding, times
from framework.source import place


def leaked(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each processor that leaked holds."""
    for name, count in evidence.leaked.items():
        yield Finding(
            "leaked hold",
            f"{name} took {times(count, 'hold')} without releasing them: a phase stayed open until they were collected",
            _taken_at(evidence.processors.get(name)),
            name,
            count,
            remedy="write `with hold:` around what submits, or call hold.release() in a finally",
        )


def _taken_at(processor: Handler | None) -> str:
    source = body_of(processor)
    for node in ast.walk(source.node) if source else ():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "hold":
            return place(source.file, node.lineno) if source else ""
    return "" if source is None else source.where
