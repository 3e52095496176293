"""Two classes of one name: from one file under two module names, or from a cell that was run again."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from framework.core.inspection.findings.evidence import Evidence
from framework.core.matching.cases import MatchCase, Unresolved, cases_of
from framework.errors import SourceUnavailable
from framework.observe.findings import Finding, times
from framework.observe.recording.dead_letters import NO_RECIPIENT

if TYPE_CHECKING:
    import ast


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
    named: dict[object, tuple[tuple[MatchCase, list[ast.expr]], ...]] = {}  # one of 1,000 of a class is read
    for inbox in evidence.interests:
        process = inbox.processor.process
        key = getattr(process, "__func__", process), type(inbox.processor)
        if key not in named:
            named[key] = tuple((case, _class_names(case.pattern)) for case in _cases(*key))
        for case, names in named[key]:
            cls = _first_class(case, names, inbox.processor)
            if cls is not None:
                found[cls.__name__].append((cls, inbox.name, case.where))
    return found


def _cases(process: object, owner: type) -> tuple[MatchCase, ...]:
    try:
        return cases_of(process, owner)
    except SourceUnavailable:
        return ()


def _class_names(pattern: ast.pattern) -> list[ast.expr]:
    import ast

    return [node.cls for node in ast.walk(pattern) if isinstance(node, ast.MatchClass)]


def _first_class(case: MatchCase, names: list[ast.expr], processor: object) -> type | None:
    for name in names:
        try:
            cls = case.scope.resolve(name, processor)
        except Unresolved:
            continue
        return cls if isinstance(cls, type) else None
    return None


def _origin(cls: type) -> str:
    module = sys.modules.get(cls.__module__)
    file = getattr(module, "__file__", None)
    return f"{cls.__module__} ({file.rpartition('/')[2]})" if file else cls.__module__
