"""Flows as jobs of other flows."""

from __future__ import annotations

import asyncio

import pytest
from flow_samples import plus_one, results, same, stuck

from framework.errors import FlowError, LifecycleError
from framework.flow import (
    FixedCapacity,
    Flow,
    LastWorkItem,
    Retry,
    RouteToErrorQueue,
    StopProcessing,
    current_failure,
    router,
)
from framework.observe import ItemFinished, RunFinished
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


def test_an_item_that_times_out_inside_has_ended_before_its_next_attempt():
    now, most, effects = 0, 0, []

    async def charge(order):
        nonlocal now, most
        now += 1
        most = max(most, now)
        try:
            await asyncio.sleep(0.5)
            effects.append(order)
        except asyncio.CancelledError:
            await asyncio.sleep(0.2)  # cleans up
            raise
        finally:
            now -= 1

    inner = Flow(name="payment").add(same).add(charge, FixedCapacity(4))
    report = play(Flow().add(inner, timeout=0.1, retry=Retry(3, wait=0)).run(["order"]))
    assert (most, effects) == (1, [])
    assert report.counts == {"taken": 1, "done": 0, "skipped": 0, "rerouted": 0, "failed": 1, "dropped": 0}
    assert report.jobs["payment"].retried == 2
    assert isinstance(report.failures[0].exception, TimeoutError)


def test_an_attempt_that_times_out_in_a_queue_is_dropped_there():
    done = []

    async def slow(item):
        await asyncio.sleep(1)
        done.append(item)

    inner = Flow(name="inner").add(slow, FixedCapacity(1, 10))
    report = play(Flow().add(inner, FixedCapacity(3, 10), timeout=1.5).run(range(3)))
    assert done == [0]
    assert (report.counts["done"], report.counts["failed"]) == (1, 2)


def test_what_a_limited_flow_skips_drops_and_fails_is_counted_once():
    inner = Flow(name="inner").add(picky).add(router(str, **{"0": same}))
    report = play(Flow().add(inner, timeout=10).run(range(5)))
    assert report.counts == {"taken": 5, "done": 1, "skipped": 1, "rerouted": 1, "failed": 1, "dropped": 1}
    assert [failure.processor for failure in report.failures] == ["inner.picky", "inner.picky"]


def test_an_item_is_dropped_when_a_limited_flow_drops_what_it_made_of_it():
    async def split(item):
        yield item
        yield "misfit"

    inner = Flow(name="inner").add(split).add(router(lambda part: "misfit" if part == "misfit" else "same", same=same))
    report = play(Flow().add(inner, timeout=9).add(same).run(range(3)))
    assert report.counts == {
        "taken": 3, "done": 3, "skipped": 0, "rerouted": 0, "failed": 0, "dropped": 3, "spawned": 3
    }  # fmt: skip
    assert report.reasons == {"no arm of inner.router for 'misfit'": 3}


def test_a_failed_item_of_a_limited_flow_takes_its_whole_way_again():
    seen = []

    async def flaky(item):
        seen.append(item)
        if len(seen) < 3:
            raise ValueError(item)
        return item

    inner = Flow(name="inner").add(plus_one).add(flaky)
    report = play(Flow().add(inner, retry=3).run([1]))
    assert seen == [2, 2, 2]
    assert (report.counts["done"], len(report.failures)) == (1, 0)


def test_a_limited_flow_whose_own_error_job_fails_takes_its_whole_way_again():
    tried, told = [], []

    async def fails(item):
        tried.append(item)
        raise ValueError(item)

    async def mend(item):
        if len(tried) < item:
            raise KeyError(item)

    async def tell(item):
        told.append((item, str(current_failure())))

    inner = Flow(name="inner", capacity=FixedCapacity(1)).add(fails).error(mend)
    report = play(Flow().add(inner, FixedCapacity(1), retry=Retry(3, wait=0)).error(tell).run([2]))
    assert (tried, told) == ([2, 2], [])
    assert [failure.processor for failure in report.failures] == ["inner.fails"] * 2
    tried.clear()
    report = play(Flow().add(inner, FixedCapacity(1), retry=Retry(3, wait=0)).error(tell).run([9]))
    assert tried == [9, 9, 9]
    assert [item for item, _ in told] == [9]
    assert "KeyError" in told[0][1]
    assert report.counts == {"taken": 1, "done": 0, "skipped": 0, "rerouted": 0, "failed": 1, "dropped": 0}


async def two(item):
    yield item
    yield item + 1


def test_a_failure_that_is_left_goes_before_one_that_the_error_job_of_a_limited_flow_has_dealt_with():
    async def fails(item):
        raise ValueError(item)

    async def mend(item):
        if item == 2:
            raise KeyError(item)

    inner = Flow(name="inner", capacity=FixedCapacity(1)).add(two).add(fails).error(mend)
    report = play(Flow().add(inner, retry=Retry(2, wait=0)).run([1]))
    assert report.jobs["inner"].retried == 1
    assert [failure.processor for failure in report.failures][-1] == "inner.mend"


@pytest.mark.parametrize("is_deep", [False, True])
@pytest.mark.parametrize("limits", [{}, {"timeout": 9}, {"retry": Retry(2, wait=0)}], ids=["none", "timeout", "retry"])
def test_a_last_work_item_hides_no_failure_beside_it(limits, is_deep):
    async def ends(item):
        yield item
        yield LastWorkItem("end")

    async def fails(item):
        if item != "end":
            raise ValueError(item)
        return item

    inner = Flow(name="inner", capacity=FixedCapacity(1)).add(ends).add(fails)
    if is_deep:
        inner = Flow(name="around", capacity=FixedCapacity(1)).add(inner, timeout=9)
    flow = Flow().add(inner, FixedCapacity(1), **limits)
    assert play(results(flow, range(5))) == ["end"]
    assert (flow.report.ended, flow.report.counts["failed"], len(flow.report.failures)) == ("last work item", 1, 1)
    assert flow.report.counts["taken"] + flow.report.counts["spawned"] == flow.report.counts.ended


def test_several_results_of_a_limited_flow_are_handed_on():
    async def split(text):
        for word in text.split():
            yield word

    inner = Flow(name="inner").add(split).add(same)
    flow = Flow().add(inner, timeout=10).add(same)
    assert play(results(flow, ["a b", "c"])) == ["a", "b", "c"]
    assert flow.report.counts["taken"] + flow.report.counts["spawned"] == flow.report.counts.ended


def test_a_last_work_item_in_a_limited_flow_ends_the_outer():
    async def end(item):
        return LastWorkItem() if item == 3 else item

    inner = Flow(name="inner", capacity=FixedCapacity(1, 1)).add(end)
    report = play(Flow().add(inner, timeout=5).run(range(100)))
    assert report.ended == "last work item"
    assert report.counts["taken"] == report.counts.ended


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


def test_the_report_of_a_nested_flow_counts_what_a_flow_with_limits_inside_of_it_follows_once():
    inmost = Flow(name="inmost").add(same)
    inner = Flow(name="inner").add(inmost, retry=Retry(2, wait=0)).add(same)
    play(Flow().add(inner).run(range(3)))
    assert inner.report.counts == {"taken": 3, "done": 3, "skipped": 0, "rerouted": 0, "failed": 0, "dropped": 0}


def test_a_failure_of_the_limits_of_a_flow_says_how_to_repeat_it():
    report = play(Flow().add(Flow(name="inner").add(stuck), timeout=1).run([1]))
    with pytest.raises(LookupError, match=r"flow\.run\(\[item\]\)"):
        report.failures[0].rerun()


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
