"""Sub-flows with limits, which follow each item through all of their jobs."""

from __future__ import annotations

import asyncio

import pytest
from flow_samples import picky, plus_one, results, same, stuck

from framework.errors import LifecycleError
from framework.flow import FixedCapacity, Flow, LastWorkItem, Retry, current_failure, router
from virtual_time import play

pytestmark = pytest.mark.timeout(60)


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


def test_an_item_that_times_out_before_it_is_begun_goes_to_the_outer_error_job():
    begun, told = [], []

    async def slow(item):
        begun.append(item)
        await asyncio.sleep(1)

    async def tell(item):
        told.append((item, type(current_failure().exception)))

    inner = Flow(name="inner").add(slow, FixedCapacity(1, 10)).error(same)
    report = play(Flow().add(inner, FixedCapacity(3, 10), timeout=1.5).error(tell).run(range(3)))
    assert (begun, sorted(told)) == ([0, 1], [(1, TimeoutError), (2, TimeoutError)])
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


def test_an_item_that_failed_in_a_limited_flow_has_failed_also_where_its_error_job_ends_the_flow():
    async def mend(item):
        return LastWorkItem("end")

    inner = Flow(name="inner", capacity=FixedCapacity(1)).add(picky).error(mend)
    flow = Flow().add(inner, FixedCapacity(1), timeout=9)
    assert play(results(flow, [0, 2, 0, 0])) == [0, "end"]
    assert (flow.report.ended, flow.report.counts["failed"]) == ("last work item", 1)


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


def test_the_report_of_a_nested_flow_counts_what_a_flow_with_limits_inside_of_it_follows_once():
    inmost = Flow(name="inmost").add(same)
    inner = Flow(name="inner").add(inmost, retry=Retry(2, wait=0)).add(same)
    play(Flow().add(inner).run(range(3)))
    assert inner.report.counts == {"taken": 3, "done": 3, "skipped": 0, "rerouted": 0, "failed": 0, "dropped": 0}


def test_a_failure_of_the_limits_of_a_flow_says_how_to_repeat_it():
    report = play(Flow().add(Flow(name="inner").add(stuck), timeout=1).run([1]))
    with pytest.raises(LookupError, match=r"flow\.run\(\[item\]\)"):
        report.failures[0].rerun()


@pytest.mark.parametrize("limits", [{}, {"timeout": 9}, {"retry": 2}, {"rate": 100}], ids="".join)
def test_what_is_put_into_a_part_goes_through_its_limits_and_on(limits):
    got = []

    async def note(item):
        got.append(item)

    async def main():
        inner = Flow(name="inner").add(plus_one).add(picky)
        flow = Flow().add(same).add(inner, **limits).add(note)
        await flow.start()
        await inner.put(1)
        await asyncio.wrap_future(inner.put_threadsafe(8))
        return await flow.run([5])

    report = play(main())
    assert sorted(got) == [6, 9]
    assert (report.counts["taken"], report.counts["done"], report.counts["failed"]) == (3, 2, 1)
    assert len(report.failures) == 1


def test_a_part_behind_the_limits_of_another_refuses_items_and_says_where_to_put_them():
    async def main():
        innermost = Flow(name="innermost").add(same)
        flow = Flow().add(Flow(name="inner").add(same).add(innermost), timeout=9)
        await flow.start()
        with pytest.raises(LifecycleError, match="innermost is part of a sub-flow with limits"):
            await innermost.put(1)
        assert (await flow.run([1])).counts == {
            "taken": 1, "done": 1, "skipped": 0, "rerouted": 0, "failed": 0, "dropped": 0
        }  # fmt: skip

    play(main())


def test_what_is_put_into_the_flow_of_an_error_job_counts_there_only():
    async def main():
        mend = Flow(name="mend").add(same)
        flow = Flow().add(picky).error(mend)
        await flow.start()
        await mend.put(8)
        await flow.run([2])
        return flow.report, mend.report

    report, mended = play(main())
    assert (report.counts["taken"], report.counts["failed"], report.counts["dropped"]) == (1, 1, 0)
    assert mended.counts["done"] == 2
