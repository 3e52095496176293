"""One target that two builders provide, each with artifacts of another type."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

from framework.core.inspection.dependencies import BUILT
from framework.core.inspection.findings.evidence import Evidence
from framework.core.inspection.findings.places import handled_at
from framework.observe.findings import Finding
from framework.observe.recording.frozen import type_name

_NUMBERS = frozenset({"bool", "int", "float", "complex"})


def mixed(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each target whose providers announce artifacts of one type each, and not of the same."""
    found: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for sent in evidence.submissions:
        if sent.name == BUILT and sent.sender is not None and "artifact" in sent.attributes:
            kind = type_name(sent.attributes["artifact"])
            found[str(sent.attributes.get("target"))][sent.sender].add("a number" if kind in _NUMBERS else kind)
    for target, kinds in found.items():
        for (one, mine), (other, theirs) in combinations(kinds.items(), 2):
            if not {one, other} <= evidence.processors.keys():
                continue
            if len(mine) != 1 or len(theirs) != 1 or mine == theirs or "None" in mine | theirs:
                continue
            yield Finding(
                "target of two types",
                f"{one} announces {target!r} as {min(mine)} and {other} as {min(theirs)}, at "
                f"{handled_at(evidence.processors[other])}: what requires it gets both",
                handled_at(evidence.processors[one]),
                one,
                severity="notable",
                remedy="let both make one type, or give them two targets",
            )
            break
