"""Flows as jobs of other flows."""

from __future__ import annotations

import asyncio

import pytest
from flow_samples import picky, plus_one, results, same, stuck

from framework.errors import FlowError, LifecycleError
from framework.flow import FixedCapacity, Flow, LastWorkItem, current_failure, router
from framework.observe import ItemFinished, RunFinished
from virtual_time import play, settle

pytestmark = pytest.mark.timeout(60)


def test_a_flow_is_a_job_of_another():
    inner = Flow(name="inner").add(plus_one).add(plus_one)
    outer = Flow().add(plus_one).add(inner).add(plus_one)
    assert play(results(outer, range(30))) == [item + 4 for item in range(30)]
    assert [job.name for job in outer._jobs] == ["plus_one", "inner", "plus_one 2"]
    assert not inner.running
    assert inner.report.counts["done"] == 30


def test_what_happens_inside_happens_to_the_job():
    report = play(Flow().add(Flow(name="inner").add(picky)).run(range(5)))
    assert report.counts == {"taken": 5, "done": 2, "skipped": 1, "rerouted": 1, "failed": 1, "dropped": 0}


def test_the_inner_error_job_gets_what_fails_inside():
    inner = Flow(name="inner").add(picky).error(same)
    report = play(Flow().add(inner).run(range(5)))
    assert report.counts == {"taken": 5, "done": 2, "skipped": 1, "rerouted": 1, "failed": 1, "dropped": 0}
    assert report.jobs["inner.same"].counts["done"] == 2


def test_a_last_work_item_inside_ends_both():
    async def end(item):
        return LastWorkItem() if item == 3 else item

    inner = Flow(name="inner", capacity=FixedCapacity(1, 1)).add(end)
    report = play(Flow().add(inner).run(range(1000)))
    assert report.ended == "last work item"
    assert report.counts["taken"] == report.counts.ended


def test_stopping_the_outer_flow_stops_the_inner():
    async def main():
        inner = Flow(name="inner").add(stuck)
        outer = Flow().add(inner)
        await outer.start()
        await outer.put(1)
        await settle()
        await outer.stop()
        assert not inner.running
        assert outer.report.counts["dropped"] == inner.report.counts["dropped"] == 1

    play(main())


def test_a_flow_cannot_be_part_of_itself_not_even_around_a_corner():
    outer, inner = Flow(name="outer"), Flow(name="inner").add(same)
    outer.add(inner)
    with pytest.raises(FlowError, match="part of itself"):
        outer.add(outer)
    with pytest.raises(FlowError, match="part of itself"):
        inner.add(outer)
    with pytest.raises(FlowError, match="part of itself"):
        inner.add(router(str, a=outer))


def test_a_flow_that_runs_by_itself_cannot_be_started_as_a_part():
    async def main():
        inner = Flow(name="inner").add(same)
        await inner.start()
        with pytest.raises(LifecycleError, match="second one"):
            await Flow().add(inner).start()
        await inner.stop()

    play(main())


def test_a_strategy_of_the_inner_flow_that_fails_ends_the_outer(clock):
    class Broken:
        def decide(self, snapshot, capacity, state, now):
            raise ZeroDivisionError("no decision")

    async def main():
        inner = Flow(Broken(), name="inner", clock=clock).add(stuck)
        outer = Flow(clock=clock).add(inner)
        await outer.start()
        await outer.put(1)
        running = asyncio.create_task(outer.run())
        await clock.advance(5)
        with pytest.raises(ZeroDivisionError):
            await running
        assert outer.report.counts["dropped"] == 1

    play(main())


def test_the_jobs_inside_are_jobs_of_the_outer_flow_under_dotted_names():
    inner = Flow(name="inner", capacity=FixedCapacity(2)).add(plus_one).add(picky).error(same)
    outer = Flow().add(same).add(inner, name="middle").add(plus_one)
    report = play(outer.run(range(5)))
    names = ["same", "middle.plus_one", "middle.picky", "middle.same", "plus_one"]
    assert list(report.jobs) == list(outer.snapshot().nodes) == [node.key for node in outer.graph().nodes] == names
    assert report.failures[0].processor == "middle.picky"
    assert outer.snapshot().nodes["middle.picky"].max_workers == 2
    assert ("middle.picky", "middle.same") in [(edge.source, edge.target) for edge in outer.graph().edges]
    assert list(inner.report.jobs) == ["plus_one", "picky", "same"]
    assert (inner.report.counts["taken"], inner.report.counts["done"]) == (5, 2)


def test_a_failure_inside_is_logged_and_kept_once(caplog):
    report = play(Flow().add(Flow(name="inner").add(picky)).run([2]))
    assert len(report.failures) == 1
    assert len([record for record in caplog.records if record.levelname == "ERROR"]) == 1


def test_a_part_is_stopped_by_the_flow_that_runs_it():
    async def main():
        inner = Flow(name="inner").add(stuck)
        outer = Flow(name="outer").add(inner)
        await outer.start()
        assert inner.running
        with pytest.raises(LifecycleError, match="part of outer"):
            await inner.stop()
        await outer.stop()
        await inner.stop()

    play(main())


def test_a_flow_as_the_error_job_may_ask_what_failed():
    seen = []

    async def look(item):
        seen.append(str(current_failure().exception))
        return item

    flow = Flow().add(picky).error(Flow(name="mend").add(same).add(look))
    report = play(flow.run([2, 3]))
    assert sorted(seen) == ["three", "two"]
    assert report.counts == {"taken": 2, "done": 0, "skipped": 0, "rerouted": 1, "failed": 1, "dropped": 0}
    assert list(report.jobs) == ["picky", "mend.same", "mend.look"]


@pytest.mark.parametrize("early", [True, False])
def test_an_observer_of_the_inner_flow_is_told_what_happens_in_it(early):
    seen = []

    async def main():
        inner = Flow(name="inner").add(plus_one).add(same)
        outer = Flow().add(same).add(inner)
        if early:
            inner.observe(seen.append)
        await outer.start()
        if not early:
            inner.observe(seen.append)
        await outer.run([1])
        await outer.run([1])  # attached once for each run

    play(main())
    told = [(happening.job, happening.item) for happening in seen if isinstance(happening, ItemFinished)]
    assert told == [("plus_one", 1), ("same", 2)] * 2
    ended = [happening.report for happening in seen if isinstance(happening, RunFinished)]
    assert [(report.name, report.counts["done"]) for report in ended] == [("inner", 1)] * 2


def test_the_report_of_a_part_has_the_problems_of_its_workers_and_no_others():
    async def dies(item):
        asyncio.get_running_loop().call_soon(asyncio.current_task().cancel)
        await asyncio.sleep(1)

    inner, other = Flow(name="inner").add(dies), Flow(name="other").add(same)
    report = play(Flow().add(inner).add(other).run([1]))
    assert inner.report.problems == report.problems
    assert len(report.problems) == 1
    assert other.report.problems == ()


def test_a_part_takes_items_from_another_event_loop():
    inner = Flow(name="inner").add(same)

    async def feed():
        for item in range(40):
            await inner.put(item)

    async def main():
        flow = Flow().add(same).add(inner)
        await flow.start()
        await asyncio.to_thread(asyncio.run, feed())
        return await flow.run()

    assert asyncio.run(main()).counts["done"] == 40
