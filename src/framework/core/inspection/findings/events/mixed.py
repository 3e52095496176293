"""One target that two builders provide, each with artifacts of another type."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations
from numbers import Number

from framework.core.inspection.dependencies import BUILT
from framework.core.inspection.findings.evidence import Evidence
from framework.core.inspection.findings.places import handled_at
from framework.observe.findings import Finding
from framework.observe.recording.frozen import type_of

_SAYING_NOTHING = frozenset({"builtins", "abc", "enum", "typing", "collections.abc"})
"""Modules whose classes two types may have in common without being of one kind."""


def mixed(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each target whose providers announce artifacts of one type each, and not of the same."""
    found: defaultdict[str, defaultdict[str, set[type]]] = defaultdict(lambda: defaultdict(set))
    for sent in evidence.submissions:
        if sent.name == BUILT and sent.sender is not None and "artifact" in sent.attributes:
            found[str(sent.attributes.get("target"))][sent.sender].add(type_of(sent.attributes["artifact"]))
    for target, kinds in found.items():
        only = {sender: next(iter(types)) for sender, types in kinds.items() if len(types) == 1}
        for (one, mine), (other, theirs) in combinations(only.items(), 2):
            if not {one, other} <= evidence.processors.keys() or _alike(mine, theirs):
                continue
            yield Finding(
                "target of two types",
                f"{one} announces {target!r} as {_text(mine)} and {other} as {_text(theirs)}, at "
                f"{handled_at(evidence.processors[other])}: what requires it gets both",
                handled_at(evidence.processors[one]),
                one,
                severity="notable",
                remedy="let both make one type, or give them two targets",
            )
            break


def _alike(one: type, other: type) -> bool:
    """Whether a builder that takes the one can be expected to take the other."""
    if issubclass(one, other) or issubclass(other, one) or type(None) in {one, other}:
        return True
    both = {*one.__mro__} & {*other.__mro__}
    return (_is_number(one) and _is_number(other)) or any(cls.__module__ not in _SAYING_NOTHING for cls in both)


def _is_number(cls: type) -> bool:
    return issubclass(cls, Number)


def _text(cls: type) -> str:
    return "a number" if _is_number(cls) else cls.__name__
