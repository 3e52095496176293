"""Flows as jobs of other flows."""

from __future__ import annotations

import asyncio

import pytest
from flow_samples import plus_one, results, same, stuck

from framework.errors import FlowError, LifecycleError
from framework.flow import FixedCapacity, Flow, LastWorkItem, RouteToErrorQueue, StopProcessing, router
from virtual_time import play, settle

pytestmark = pytest.mark.timeout(60)


async def picky(item):
    if item == 1:
        raise StopProcessing
    if item == 2:
        raise ValueError("two")
    if item == 3:
        raise RouteToErrorQueue("three")
    return item


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


def test_what_the_inner_error_job_took_over_is_done_with():
    inner = Flow(name="inner").add(picky).error(same)
    report = play(Flow().add(inner).run(range(5)))
    assert report.counts == {"taken": 5, "done": 2, "skipped": 3, "rerouted": 0, "failed": 0, "dropped": 0}


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


def test_what_ends_the_inner_flow_is_the_failure_of_the_items_that_were_in_it(clock):
    class Broken:
        def decide(self, snapshot, capacity, state, now):
            raise ZeroDivisionError("no decision")

    async def main():
        inner = Flow(Broken(), name="inner", clock=clock).add(stuck)
        outer = Flow().add(inner)
        await outer.start()
        await outer.put(1)
        await clock.advance(5)
        (failure,) = (await outer.run()).failures
        assert isinstance(failure.exception, ZeroDivisionError)

    play(main())


def test_an_item_that_the_inner_flow_left_behind_is_done_with():
    free = []

    async def never(item):
        while not free:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                continue

    async def main():
        inner = Flow(name="inner").add(never)
        outer = Flow().add(inner)
        await outer.start()
        await outer.put(1)
        await settle()
        await inner.stop()
        await settle()
        assert outer.report.counts["skipped"] == 1
        free.append(True)
        await outer.stop()
        await asyncio.sleep(7200)

    play(main())
