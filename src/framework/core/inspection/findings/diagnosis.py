"""`diagnosis`: every kind of finding, asked about one pipeline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from framework.core.inspection.findings.deliveries.caught import caught
from framework.core.inspection.findings.deliveries.guards import guards
from framework.core.inspection.findings.deliveries.keys import keys
from framework.core.inspection.findings.deliveries.outcomes import failed, fallen, slow
from framework.core.inspection.findings.deliveries.replayed import replayed
from framework.core.inspection.findings.deliveries.silent import silent
from framework.core.inspection.findings.deliveries.stale import stale
from framework.core.inspection.findings.events.changed import changed
from framework.core.inspection.findings.events.doubles import doubles
from framework.core.inspection.findings.events.mixed import mixed
from framework.core.inspection.findings.events.overlaps import overlaps
from framework.core.inspection.findings.events.resubmitted import resubmitted
from framework.core.inspection.findings.events.shadowed import shadowed
from framework.core.inspection.findings.events.unheard import overheard, unheard
from framework.core.inspection.findings.evidence import Evidence
from framework.core.inspection.findings.targets import empty, targets
from framework.core.inspection.findings.waiting import leaked, loops, orphans, starved
from framework.observe.findings import Finding, Findings, found_by

Kind = Callable[[Evidence], Iterator[Finding]]
KINDS: tuple[Kind, ...] = (
    *(
        failed,
        caught,
        doubles,
        unheard,
        overheard,
        fallen,
        targets,
        orphans,
        changed,
        replayed,
        stale,
        silent,
        keys,
        guards,
    ),
    *(shadowed, resubmitted, empty, leaked, loops, starved, overlaps, mixed, slow),
)
LOST: tuple[Kind, ...] = (doubles, unheard, fallen, targets)


def diagnosis(evidence: Evidence, kinds: Iterable[Kind]) -> Findings:
    """Return the findings of all kinds, ranked; a kind that fails is logged and left out."""
    return Findings(_without_doubles(found_by(kinds, evidence)))


def _without_doubles(found: list[Finding]) -> list[Finding]:
    """Leave out what another finding explains: two definitions of a class, or a change that was seen."""
    changing = {finding.processor for finding in found if finding.kind == "changed event"}
    found = [one for one in found if one.kind != "changed after its submit" or one.processor not in changing]
    explained = {finding.examples for finding in found if finding.kind == "two definitions of a class"}
    general = {"unheard event", "delivery without a case"}
    return [finding for finding in found if finding.kind not in general or finding.examples not in explained]
