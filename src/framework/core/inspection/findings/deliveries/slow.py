"""The processor that takes most of the time of a run that takes long."""

from __future__ import annotations

from collections.abc import Iterator

from framework.core.inspection.findings.evidence import Evidence
from framework.observe.findings import Finding

LONG, MOST = 30.0, 0.9  # seconds and share: below, a run has nothing to say about its speed


def slow(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding if one processor was at work nearly all of a long run, while others had nothing to do."""
    nodes = evidence.snapshot.nodes.values()
    total = sum(node.busy_seconds for node in nodes)
    if evidence.elapsed < LONG or len(nodes) < 2:  # noqa: PLR2004 - a single processor is always the slowest
        return
    most = max(nodes, key=lambda node: node.busy_seconds)
    if most.busy_seconds < MOST * total or most.busy_seconds < MOST * evidence.elapsed:
        return
    yield Finding(
        "slow processor",
        f"{most.name} was at work for {most.busy_seconds:.0f} s of {evidence.elapsed:.0f} s, "
        f"{most.busy_seconds / total:.0%} of the time of all processors, "
        f"{most.busy_seconds / max(1, most.done):.3f} s a delivery",
        processor=most.name,
        severity="notable",
        remedy="make it faster, or deal its work to several (make_load_balancer, offload)",
    )
