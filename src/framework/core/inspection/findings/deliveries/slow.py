"""The processor that takes most of the time of a run that takes long."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from framework.core.inspection.findings.evidence import Evidence
from framework.core.inspection.findings.places import handled_at
from framework.observe.findings import Finding

LONG, MOST, FEWEST = 1.5, 0.8, 5  # seconds, share, deliveries: below, a run has nothing to say about its speed


def slow(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding if one processor was at work nearly all of a long run, while others had nothing to do."""
    nodes = evidence.snapshot.nodes.values()
    total = sum(node.busy_seconds for node in nodes)
    if evidence.elapsed < LONG or len(nodes) < 2:  # noqa: PLR2004 - a single processor is always the slowest
        return
    most = max(nodes, key=lambda node: node.busy_seconds)
    if most.busy_seconds < MOST * total or most.busy_seconds < MOST * evidence.elapsed:
        return
    times = [one.seconds for one in evidence.by_processor.get(most.name, ())]
    # One delivery that took long, because the machine was busy, does not make a processor slow.
    if evidence.history is not None and (len(times) < FEWEST or median(times) * most.done < MOST / 2 * total):
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
