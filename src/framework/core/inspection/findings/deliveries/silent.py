"""Deliveries that emitted nothing while others of the same `case` emitted, where the type of a value tells them apart.

Such a difference is seldom a filter and often a mistake.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from framework.core.inspection.findings.evidence import Evidence
from framework.observe.findings import Finding, times
from framework.observe.recording.forgotten import Taken
from framework.observe.recording.frozen import type_of
from framework.observe.recording.history import Delivery

FEW = 0.5  # a larger share of silent deliveries is what the processor does


def silent(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each processor and `case` whose silent deliveries differ from the others by a type."""
    groups: defaultdict[tuple[str, str], list[Delivery]] = defaultdict(list)
    for delivery in evidence.deliveries:
        if isinstance(delivery.case, str) and delivery.error is None and delivery.submission is not None:
            groups[delivery.processor, delivery.case].append(delivery)
    for (processor, where), deliveries in groups.items():
        quiet = [one for one in deliveries if not one.emitted and not one.replayed]
        loud = [one for one in deliveries if one.emitted]
        if not quiet or not loud or len(quiet) > FEW * len(deliveries):
            continue
        trait = _trait(quiet, loud)
        if trait is None:
            continue
        dropped = evidence.forgotten.taken[Taken(processor, where, emitted=True)]
        kept = ", of those that the history still has," if dropped else ""  # of others the types are not known
        yield Finding(
            "silent delivery",
            f"{processor} emitted nothing on {times(len(quiet), 'event')} of {len(deliveries):,} that it took{kept} at "
            f"{where}: those where {trait}",
            where,
            processor,
            len(quiet),
            tuple(repr(one.submission) for one in quiet[:3]),
            f"see pipeline.history.deliveries({processor!r}, emitted=0)",
        )


def _trait(quiet: Iterable[Delivery], loud: Iterable[Delivery]) -> str | None:
    """Return what all silent events have and no other: the type of an attribute, or the case or spaces of a text."""
    silent_types, loud_types = _types(quiet), _types(loud)
    for name in silent_types:
        mine, theirs = silent_types[name], loud_types.get(name, set())
        if mine and mine.isdisjoint(theirs) and theirs:
            return f"{name!r} is {' or '.join(sorted(mine))} instead of {' or '.join(sorted(theirs))}"
    silent_texts, loud_texts = _texts(quiet), _texts(loud)
    for name, mine in silent_texts.items():
        others = {text.strip().casefold(): text for text in loud_texts.get(name, ())}
        if mine and mine.isdisjoint(others.values()) and all(text.strip().casefold() in others for text in mine):
            shown = min(mine)
            return f"{name!r} is {shown!r} instead of {others[shown.strip().casefold()]!r}"
    return None


def _texts(deliveries: Iterable[Delivery]) -> dict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for delivery in deliveries:
        for name, value in (delivery.submission.attributes if delivery.submission else {}).items():
            if isinstance(value, str) and name != "name":
                found[name].add(value)
    return found


def _types(deliveries: Iterable[Delivery]) -> dict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for delivery in deliveries:
        if delivery.submission is not None:
            for name, value in delivery.submission.attributes.items():
                found[name].add("None" if value is None else type_of(value).__name__)
    return found
