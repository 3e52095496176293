"""Random flows in virtual time: jobs of every kind, driven and ended in every way. A hang shows at once, because time
cannot pass."""

import asyncio
import logging
from collections import Counter

import pytest
from flow_drives import live_through
from flow_plans import GATES, JobPlan, Plan, plans
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
NORMAL = ("finished", "last work item")
KEPT = 1000


@pytest.fixture
def deviations(request):
    """Plans that failed, as they were found and as small as they became: each is kept in a file of its seed."""
    found: list[Plan] = []
    yield found
    place = request.config.rootpath / "build" / "deviations"
    for plan in dict.fromkeys([*found[:1], *found[-1:]]):
        place.mkdir(parents=True, exist_ok=True)
        (place / f"flow {plan.seed}.txt").write_text(f"{plan}\n", encoding="utf-8")


def test_every_item_of_a_random_flow_ends_exactly_once_and_no_task_is_left(size, figure, caplog, deviations):
    caplog.set_level(logging.CRITICAL, "framework")  # pytest would keep a traceback of every failure
    ended, fates = Counter(), Counter()

    # A few that are the same each time, so that a change is what fails; many that are new each time.
    @settings(max_examples=size(300, 10_000), database=None, derandomize=size(few=True, many=False))
    @given(plans)
    def campaign(plan: Plan) -> None:
        world = World(plan)
        try:
            reports = play(runs(world))
        except BaseException:
            deviations.append(plan)
            raise
        fates["resources"] += len(world.resources)
        fates["flows"] += 1
        ended.update(ENDINGS[report.ended] for report in reports)
        for report in reports:
            fates.update(dict(report.counts))
            fates["scalings"] += len(report.scalings)
            fates["cut off"] += len(report.cut_off)
            fates["retried"] += sum(job.retried for job in report.jobs.values())

    campaign()
    figure("flows", fates["flows"])
    figure("runs", ended.total())
    for name in ENDINGS.values():
        figure(name, ended[name])
    figure("items", fates["taken"])
    for fate in ("spawned", "done", "skipped", "rerouted", "failed", "dropped", "retried", "scalings"):
        figure(fate, fates[fate])
    figure("resources", fates["resources"])
    figure("cut off", fates["cut off"])


async def runs(world: World) -> list[FlowReport]:
    """What came of a plan, which may ask for two runs."""
    reports = []
    async with asyncio.timeout(10_000):
        for _ in range(2 if world.plan.ending == "twice" else 1):
            world.begin()
            await live_through(world)
            if world.flow.report is not None:  # else cancelled before it began
                check(world, world.flow.report)
                reports.append(world.flow.report)
    return reports


def check(world: World, report: FlowReport) -> None:
    """Hold the report against what the processors, the resources and the observer have seen."""
    counts = report.counts
    assert not world.wrong, Counter(world.wrong)
    assert counts.taken + counts.spawned == counts.ended, (counts, report.jobs)
    assert sum(report.reasons.values()) == counts.dropped
    for flow in (world.flow, *world.inner):
        for node in flow.snapshot().nodes.values():
            left = (node.workers, node.running, node.blocked)
            assert (node.waiting, node.retrying) == (0, 0), node
            assert report.cut_off or left == (0, 0, 0), node
    if report.ended in NORMAL:
        assert clings(world) or report.cut_off == ()
    if not report.cut_off:
        assert not +world.live
        for flow in world.inner:
            if flow.report is not None:
                inside = flow.report.counts
                assert inside.taken + inside.spawned == inside.ended, inside
    check_resources(world, report)
    world.ledger.check(report)
    if not is_handled(world) and counts["failed"] + counts["rerouted"] <= KEPT:
        assert len(report.failures) == counts["failed"] + counts["rerouted"]
    if world.plan.watched and not report.cut_off:
        check_seen(world, report)


def is_gate(job: JobPlan) -> bool:
    """Whether its inner jobs are scoped; a router is only followed where it has limits for the whole way."""
    limited = job.timeout is not None or (job.retry or 1) > 1 or job.key is not None
    return job.source in GATES and (job.source != "gated" or limited)


def clings(world: World) -> bool:
    """Whether a resource ignores cancellations: the end leaves it behind, or has begun before it was cancelled."""
    return any(job.clings for job in (*world.plan.jobs, world.plan.error) if job is not None)


def is_handled(world: World) -> bool:
    """Whether an error job sees to some of the failures."""
    return world.plan.error is not None or any(job.source in ("handled", "mended") for job in world.plan.jobs)


def check_resources(world: World, report: FlowReport) -> None:
    """Every resource that was entered was left once: cleanly where everything was finished."""
    for resource in world.resources:
        if resource.during is not world.flow._run:
            continue
        assert resource.left != "not", resource.name
        if resource.end in ("running", *NORMAL):  # it goes on, or has done all there was: not if its worker was killed
            of_others = resource.is_shared and resource.left is type(resource.during.error)  # that were left before it
            assert resource.left is None or of_others or report.problems, (resource.name, resource.left)
        elif resource.is_shared and resource.end == "failed":
            # A start that fails cancels what is still being entered.
            assert resource.left in (type(resource.during.error), asyncio.CancelledError), (
                resource.name,
                resource.left,
            )
        else:
            # What is shared is left as the flow had ended, also where it is stopped while the first is being left.
            had_finished = resource.is_shared and not report.waiting
            assert clings(world) or had_finished or resource.left is not None, (resource.name, resource.end)
        if report.ended in NORMAL:
            assert resource.left is None or report.problems, (resource.name, resource.left)
            assert not resource.was_cut, resource.name
        if resource.was_cut:
            assert report.cut_off, resource.name


def check_seen(world: World, report: FlowReport) -> None:
    """What an observer was told is what the report says."""
    told: Counter[str] = Counter()
    for number, job in enumerate(world.plan.jobs):
        for (name, outcome), count in world.seen.items():
            inside = name.startswith(f"job {number}.") and not is_gate(job) and not name.endswith("errors")
            if name == f"job {number}" or inside:
                told[outcome] += count
    assert told["skipped"] == report.counts["skipped"]
    assert told["failed"] <= report.counts["failed"]
    if not is_handled(world):  # by an error job, which has the last word on some of them
        assert [told[o] for o in OTHERS] == [report.counts[o] for o in OTHERS]
