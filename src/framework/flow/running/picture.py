"""What a flow shows: its graph and the snapshots of its jobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from framework.flow.jobs.job import idle_snapshot, node_of
from framework.observe import Edge, Graph, NodeSnapshot

if TYPE_CHECKING:
    from framework.flow.capacity import Capacity
    from framework.flow.jobs.stages import Layout, Stage
    from framework.flow.running.job_run import JobRun

Runs = Mapping[str, "JobRun"]


def graph_of(name: str, layout: Layout | None, runs: Runs) -> Graph:
    """Return the jobs of a flow and the ways between them, observed where a run has used them."""
    stages = () if layout is None else layout.stages
    nodes = [node_of(stage.name, stage.job, _capacity(stage, runs)) for stage in stages]
    ways = [edge for stage in stages for edge in _ways(stage, runs)]
    errors = [
        Edge(stage.name, stage.errors.name, "errors", observed=_did(stage, runs, "reported"))
        for stage in stages
        if stage.errors is not None
    ]
    return Graph(name, tuple(nodes), (*ways, *errors))


def _ways(stage: Stage, runs: Runs) -> Iterator[Edge]:
    if stage.arms:
        for label, arm in stage.arms.items():
            yield Edge(stage.name, arm.name, "next", observed=_took(arm, runs), label=str(label))
        return
    following = stage.next
    if stage.entrance is not None:
        following = stage.entrance
    elif stage.next is None and stage.gate is not None:
        following = stage.gate.next
    if following is not None:
        yield Edge(stage.name, following.name, "next", observed=_did(stage, runs, "handed_on"))


def snapshot_of(layout: Layout | None, runs: Runs) -> dict[str, NodeSnapshot]:
    """Return each job as it is now, or as it would start."""
    stages = () if layout is None else layout.stages
    return {
        stage.name: runs[stage.name].snapshot() if stage.name in runs else idle_snapshot(stage.name, stage.job.capacity)
        for stage in stages
    }


def _capacity(stage: Stage, runs: Runs) -> Capacity:
    return runs[stage.name].capacity if stage.name in runs else stage.job.capacity


def _did(stage: Stage, runs: Runs, what: str) -> bool:
    return stage.name in runs and getattr(runs[stage.name], what) > 0


def _took(stage: Stage, runs: Runs) -> bool:
    return stage.name in runs and runs[stage.name].tally.finished > 0
