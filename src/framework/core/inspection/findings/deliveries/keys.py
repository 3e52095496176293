"""Values that never meet because they are of two types: those of one attribute of two kinds of event."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from framework.core.inspection.dependencies import is_builder
from framework.core.inspection.findings.evidence import Evidence
from framework.core.inspection.findings.places import submits
from framework.observe.findings import Finding, times
from framework.observe.recording.history import Delivery

Values = dict[str, list[object]]


def keys(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each processor that emitted nothing, and got the same values as two types.

    It submits as its code says, and an attribute of two kinds of event has values that are alike as text only.
    """
    for name in evidence.by_processor:
        processor = evidence.processors[name]
        kinds = [(key[1], found) for key, found in evidence.by_kind(name)]
        if len(kinds) < 2 or is_builder(processor) or evidence.totals[name].emitted:  # noqa: PLR2004
            continue
        if not submits(processor):
            continue
        for (first, mine), (second, theirs) in combinations(kinds, 2):
            found = _apart(_values(mine), _values(theirs))
            if found is None:
                continue
            attribute, one, other = found
            at = " and ".join(dict.fromkeys(str(part[0].case) for part in (mine, theirs) if part[0].case))
            yield Finding(
                "keys that never meet",
                f"{name} emitted nothing on {times(len(mine) + len(theirs), 'event')}: {attribute!r} is "
                f"{type(one).__name__} in {first!r} and {type(other).__name__} in {second!r}, {one!r} and {other!r}, "
                f"taken at {at}",
                str(theirs[0].case or ""),
                name,
                len(mine) + len(theirs),
                (repr(mine[0].submission), repr(theirs[0].submission)),
                "let both have one type where they are read",
            )
            break


def _values(deliveries: Sequence[Delivery]) -> Values:
    found: Values = {}
    for one in deliveries:
        for attribute, value in (one.submission.attributes if one.submission else {}).items():
            if attribute != "name":
                found.setdefault(attribute, []).append(value)
    return found


def _apart(mine: Values, theirs: Values) -> tuple[str, object, object] | None:
    for attribute in mine.keys() & theirs.keys():
        if {*map(type, mine[attribute])}.isdisjoint(map(type, theirs[attribute])):
            texts = {str(value).strip(): value for value in mine[attribute]}
            for value in theirs[attribute]:
                if str(value).strip() in texts:
                    return attribute, texts[str(value).strip()], value
    return None
