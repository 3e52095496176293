"""Processors whose events waited while others of better priority were always delivered to first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from framework.core.inspection.findings.evidence import Evidence
from framework.core.inspection.findings.places import handled_at
from framework.observe.findings import Finding, times

MANY = 100  # deliveries to others in the meantime


def starved(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each processor that still had events, and got no delivery while others got many."""
    priorities = {inbox.name: inbox.priority for inbox in evidence.interests}
    if len(set(priorities.values())) < 2 or evidence.history is None:  # noqa: PLR2004 - then none comes before another
        return
    last = {one.processor: one.at for one in evidence.deliveries}
    for name, waiting in evidence.undelivered.items():
        if not waiting:
            continue
        first = min((one.at for one in evidence.submissions if name in one.recipients), default=0.0)
        since = max(last.get(name, 0.0), first)
        before = Counter(
            one.processor
            for one in evidence.deliveries
            if one.at > since and priorities.get(one.processor, 0) < priorities[name]
        )
        if before.total() < MANY:
            continue
        [(other, deliveries)] = before.most_common(1)
        if evidence.history.dropped and not evidence.totals[name].delivered:
            deliveries = evidence.totals[other].delivered  # it waited from the first on
        place = handled_at(evidence.processors.get(name))
        other_place = handled_at(evidence.processors.get(other))
        yield Finding(
            "starved processor",
            f"{times(waiting, 'event')} of {name} (priority {priorities[name]}) waited while {other} (priority "
            f"{priorities[other]}, {other_place}) was delivered {times(deliveries, 'event')}",
            place,
            name,
            waiting,
            remedy=f"give both one priority, or have {other} submit only when something has changed",
        )
