"""Results that are kept although their processor keeps state between inputs."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from framework.core.archives import keeps_results
from framework.core.identity.identity import identity_of
from framework.core.inspection.findings.evidence import Evidence
from framework.core.processor import AbstractProcessor
from framework.errors import SourceUnavailable
from framework.observe.findings import Finding, times
from framework.source import source_of


def replayed(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each processor whose results depend on what it handled before, and were kept."""
    for inbox in evidence.interests:
        processor = inbox.processor
        if not keeps_results(processor) or not isinstance(processor, AbstractProcessor):
            continue
        for attribute, where in identity_of(processor).keeps.items():
            if not _is_read(processor, attribute):
                continue  # a counter that no result depends on
            count = evidence.totals[inbox.name].replayed
            yield Finding(
                "kept results that depend on state",
                f"{inbox.name} keeps its results and changes {attribute} between inputs, which a replay does not: "
                f"{times(count, 'delivery')} replayed",
                where,
                inbox.name,
                count or 1,
                severity="serious" if count else "notable",
                remedy="let a result depend on its input alone, or do not keep it",
            )


def _is_read(processor: AbstractProcessor, attribute: str) -> bool:
    """Whether the code of the class reads the attribute, other than to count it up."""
    name = attribute.rpartition(".")[2]
    for cls in type(processor).__mro__:
        try:
            node = source_of(cls).node
        except (SourceUnavailable, TypeError):
            continue
        for part in ast.walk(node):
            if isinstance(part, ast.Attribute) and part.attr == name and isinstance(part.ctx, ast.Load):
                return True
        if cls.__module__.partition(".")[0] == "framework":
            break
    return False
