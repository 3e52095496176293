"""Random flows in virtual time: jobs of every kind, driven and ended in every way. A hang shows at once, because time
cannot pass."""

import asyncio
import logging
from collections import Counter

from flow_drives import live_through
from flow_plans import Plan, plans
from flow_world import World
from hypothesis import given, settings

from framework.flow import FlowReport
from virtual_time import play

ENDINGS = {
    "finished": "source exhausted",
    "last work item": "LastWorkItem",
    "stopped": "stopped",
    "cancelled": "cancelled",
    "failed": "broken",
}
OTHERS = ("failed", "rerouted", "dropped")


def test_every_item_of_a_random_flow_ends_exactly_once_and_no_task_is_left(size, figure, caplog):
    caplog.set_level(logging.CRITICAL, "framework")  # pytest would keep a traceback of every failure
    ended, fates = Counter(), Counter()

    @settings(max_examples=size(300, 10_000), database=None, derandomize=False)
    @given(plans)
    def campaign(plan: Plan) -> None:
        reports = play(runs(World(plan)))
        fates["flows"] += 1
        ended.update(ENDINGS[report.ended] for report in reports)
        for report in reports:
            fates.update(report.counts)
            fates["scalings"] += len(report.scalings)

    campaign()
    figure("flows", fates["flows"])
    figure("runs", ended.total())
    for name in ENDINGS.values():
        figure(name, ended[name])
    figure("items", fates["taken"])
    for fate in ("done", "skipped", "rerouted", "failed", "dropped", "scalings"):
        figure(fate, fates[fate])


async def runs(world: World) -> list[FlowReport]:
    """What came of a plan, which may ask for two runs."""
    reports = []
    async with asyncio.timeout(10_000):
        for _ in range(2 if world.plan.ending == "twice" else 1):
            world.seen.clear()
            await live_through(world)
            if world.flow.report is not None:  # else cancelled before it began
                check(world, world.flow.report)
                reports.append(world.flow.report)
    return reports


def check(world: World, report: FlowReport) -> None:
    """Hold the report against what the processors and the observer have seen."""
    counts = report.counts
    assert not world.wrong
    assert counts["taken"] == counts.ended, (counts, report.jobs)
    assert not +world.live
    assert not +world.held
    for flow in (world.flow, *world.inner):
        for node in flow.snapshot().nodes.values():
            assert (node.workers, node.waiting, node.running, node.blocked) == (0, 0, 0, 0)
        if flow.report is not None:
            assert flow.report.counts["taken"] == flow.report.counts.ended
    if not world.plan.error:
        assert len(report.failures) == counts["failed"] + counts["rerouted"]
    if world.plan.watched:
        check_seen(world, report)


def check_seen(world: World, report: FlowReport) -> None:
    """What an observer was told is what the report says."""
    jobs = [f"job {number}" for number in range(len(world.plan.jobs))]
    told = {outcome: sum(world.seen[job, outcome] for job in jobs) for outcome in report.counts}
    assert world.seen[jobs[-1], "done"] <= report.counts["done"]
    assert told["skipped"] == report.counts["skipped"]
    assert told["failed"] <= report.counts["failed"]
    if not world.plan.error:  # which has the last word on some of them
        assert [told[o] for o in OTHERS] == [report.counts[o] for o in OTHERS]
