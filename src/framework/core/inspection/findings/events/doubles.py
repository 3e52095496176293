"""Two classes of one name: from one file under two module names, or from a cell that was run again."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator

from framework.core.inspection.findings.evidence import Evidence
from framework.core.matching.cases import MatchCase, Unresolved, cases_of
from framework.errors import SourceUnavailable
from framework.observe.findings import Finding, times
from framework.observe.recording.dead_letters import NO_RECIPIENT


def doubles(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each event class of which another definition is matched than the one that was sent."""
    matched = _matched(evidence) if evidence.dead_letters else {}
    for letter in evidence.dead_letters:
        for cls, processor, where in matched.get(letter.cls.__name__, ()):
            wanted = letter.reason == NO_RECIPIENT or letter.processor == processor
            if cls is letter.cls or issubclass(letter.cls, cls) or not wanted:
                continue
            mine, theirs = _origin(letter.cls), _origin(cls)
            yield Finding(
                "two definitions of a class",
                f"{times(letter.count, 'event')} {letter.kind} came from {mine}, and {processor} matches the "
                f"{cls.__name__} of {theirs} at {where}: two classes",
                where,
                processor,
                letter.count,
                letter.examples,
                "import the class under one module name only, or run the cells that use it again",
            )
            break


def _matched(evidence: Evidence) -> dict[str, list[tuple[type, str, str]]]:
    """The classes that patterns name, by their names, with the processor and the place of the `case`."""
    found: defaultdict[str, list[tuple[type, str, str]]] = defaultdict(list)
    for inbox in evidence.interests:
        try:
            cases = cases_of(inbox.processor.process, type(inbox.processor))
        except SourceUnavailable:
            continue
        for case in cases:
            for cls in _classes(case, inbox.processor):
                found[cls.__name__].append((cls, inbox.name, case.where))
    return found


def _classes(case: MatchCase, processor: object) -> Iterator[type]:
    import ast

    for node in ast.walk(case.pattern):
        if isinstance(node, ast.MatchClass):
            try:
                cls = case.scope.resolve(node.cls, processor)
            except Unresolved:
                continue
            if isinstance(cls, type):
                yield cls
            return


def _origin(cls: type) -> str:
    module = sys.modules.get(cls.__module__)
    file = getattr(module, "__file__", None)
    return f"{cls.__module__} ({file.rpartition('/')[2]})" if file else cls.__module__
