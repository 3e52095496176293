"""What came of deliveries: they failed, no `case` took them, or they took most of the time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from statistics import median

from framework.core.inspection.explain import explain_delivery
from framework.core.inspection.findings.evidence import Evidence
from framework.core.inspection.findings.places import handled_at
from framework.errors import WiringError
from framework.observe.findings import Finding, times
from framework.observe.recording.dead_letters import NO_RECIPIENT
from framework.observe.recording.failure_kinds import REMEDY, finding_of, kinds_of

LONG, MOST, FEWEST = 1.5, 0.8, 5  # seconds, share, deliveries: below, a run has nothing to say about its speed


def failed(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each processor, type of error and line that raised it."""
    remedy = f"{REMEDY}, deliver again with report.failures.retry(...)"
    for kind in kinds_of(evidence.failures):
        finding = finding_of(kind, "delivery", remedy)
        if isinstance(kind.first.exception, WiringError):  # raised at the end of a run, in code of this package
            finding = replace(finding, where=handled_at(evidence.processors.get(kind.processor)))
        yield finding


def fallen(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each processor and name of event whose deliveries fell through every `case`."""
    inboxes = {inbox.name: inbox for inbox in evidence.interests}
    for letter in evidence.dead_letters:
        inbox = inboxes.get(letter.processor or "")
        if letter.reason == NO_RECIPIENT or inbox is None:
            continue
        event = letter.event
        row = None if event is None else explain_delivery(event, inbox)
        because = "" if row is None else f": {row.reason.removeprefix('falls through: ')}"
        yield Finding(
            "delivery without a case",
            f"no case of {inbox.name} takes {times(letter.count, 'delivery')} of {letter.kind} {letter.name!r}"
            f"{because}",
            "" if row is None else row.where,
            inbox.name,
            letter.count,
            letter.examples,
            "widen the pattern, or add a case that says what to do with such events",
        )


def slow(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding if one processor was at work nearly all of a long run, while others had nothing to do."""
    nodes = evidence.snapshot.nodes.values()
    total = sum(node.busy_seconds for node in nodes)
    if evidence.elapsed < LONG or len(nodes) < 2:  # noqa: PLR2004 - a single processor is always the slowest
        return
    most = max(nodes, key=lambda node: node.busy_seconds)
    if most.busy_seconds < MOST * total or most.busy_seconds < MOST * evidence.elapsed:
        return
    seconds = [one.seconds for one in evidence.by_processor.get(most.name, ())]
    # One delivery that took long, because the machine was busy, does not make a processor slow.
    if evidence.history is not None and (len(seconds) < FEWEST or median(seconds) * most.done < MOST / 2 * total):
        return
    yield Finding(
        "slow processor",
        f"{most.name} was at work for {most.busy_seconds:.0f} s of {evidence.elapsed:.0f} s, "
        f"{most.busy_seconds / total:.0%} of the time of all processors, "
        f"{most.busy_seconds / max(1, most.done):.3f} s a delivery",
        handled_at(evidence.processors.get(most.name)),
        most.name,
        severity="notable",
        remedy="make it faster, or deal its work to several (make_load_balancer, offload)",
    )
