"""`LastWorkItem`: put in, or returned by any job."""

from __future__ import annotations

import asyncio

import pytest
from flow_samples import pause, same

from framework.errors import FlowEnded
from framework.flow import FixedCapacity, Flow, LastWorkItem, router
from virtual_time import play

pytestmark = pytest.mark.timeout(30)


def test_what_is_before_it_is_done_and_what_is_behind_it_is_dropped():
    async def main():
        seen = []

        async def note(item):
            await asyncio.sleep(1)
            seen.append(item)

        flow = Flow(capacity=FixedCapacity(1, 10)).add(note)
        await flow.start()
        for item in (1, 2, LastWorkItem(), 3, 4):
            await flow.put(item)
        report = await flow.run()
        assert seen == [1, 2]
        assert report.counts == {"taken": 4, "done": 2, "skipped": 0, "rerouted": 0, "failed": 0, "dropped": 2}
        assert report.ended == "last work item"

    play(main())


def test_work_in_flight_downstream_of_it_is_finished():
    async def main():
        done = []

        async def slow_end(item):
            await asyncio.sleep(10)
            done.append(item)

        flow = Flow(capacity=FixedCapacity(2, 10)).add(same).add(slow_end)
        report = await flow.run([1, 2, 3, 4, LastWorkItem(), 5])
        assert done == [1, 2, 3, 4]
        assert report.counts["done"] == 4

    play(main())


def test_a_job_that_returns_it_ends_the_flow_after_its_work_in_flight():
    async def main():
        async def until_three(item):
            await asyncio.sleep(1 if item == 3 else 2)
            return LastWorkItem() if item == 3 else item

        flow = Flow(capacity=FixedCapacity(4, 10)).add(until_three).add(same)
        report = await flow.run(range(100))
        assert report.counts["done"] == 4
        assert report.counts["taken"] == report.counts.ended
        assert report.ended == "last work item"

    play(main())


def test_two_workers_may_return_it_at_once():
    async def main():
        async def both(item):
            await asyncio.sleep(1)
            return LastWorkItem()

        report = await Flow(capacity=FixedCapacity(2, 1)).add(same).add(both).run(range(10))
        assert report.counts["done"] == 2
        assert report.counts["taken"] == report.counts.ended

    play(main())


def test_waiting_puts_are_refused_when_it_has_gone_through():
    async def main():
        flow = Flow(capacity=FixedCapacity(1, 1)).add(pause)
        await flow.start()
        await flow.put(1)
        last = asyncio.create_task(flow.put(LastWorkItem()))
        await asyncio.sleep(0)
        late = asyncio.create_task(flow.put(2))
        await flow.run()
        await last
        with pytest.raises(FlowEnded):
            await late

    play(main())


def test_it_interrupts_a_source_that_is_slow_to_give_its_next_item():
    async def slow():
        yield 1
        await asyncio.sleep(10_000)
        yield 2

    async def main():
        async def end(item):
            return LastWorkItem()

        await Flow().add(end).run(slow())
        assert asyncio.get_running_loop().time() < 1

    play(main())


def test_it_ends_a_flow_that_does_not_run_yet_and_run_then_returns_the_report():
    async def main():
        flow = Flow().add(same)
        await flow.start()
        await flow.put(1)
        await flow.put(LastWorkItem())
        await asyncio.sleep(1)
        with pytest.raises(FlowEnded):
            await flow.put(2)
        assert (await flow.run()).counts["done"] == 1

    play(main())


def test_it_lets_the_error_job_finish():
    async def main():
        handled = []

        async def fails(item):
            raise ValueError(item)

        async def handle(item):
            await asyncio.sleep(5)
            handled.append(item)

        flow = Flow(capacity=FixedCapacity(1, 10)).add(fails).error(handle)
        await flow.run([1, 2, LastWorkItem()])
        assert handled == [1, 2]

    play(main())


def test_the_error_job_may_return_it():
    async def main():
        async def fails(item):
            raise ValueError(item)

        async def give_up(item):
            return LastWorkItem()

        report = await Flow(capacity=FixedCapacity(1, 1)).add(fails).error(give_up).run(range(1000))
        assert report.ended == "last work item"
        assert 0 < report.counts["failed"] < 20
        assert report.counts["taken"] == report.counts.ended

    play(main())


def test_a_signal_that_is_thrown_away_counts_as_no_item():
    async def main():
        flow = Flow(capacity=FixedCapacity(1, 5)).add(pause)
        await flow.start()
        for item in (1, LastWorkItem(), 2):
            await flow.put(item)
        await asyncio.sleep(0)
        await flow.stop()
        assert flow.report.counts["taken"] == flow.report.counts["dropped"] == 2

    play(main())


def test_it_is_shown_as_the_call_that_makes_it():
    assert repr(LastWorkItem()) == "LastWorkItem()"


def test_a_subclass_that_workers_do_not_look_for_is_refused():
    with pytest.raises(TypeError, match=r"put or return LastWorkItem\(\) itself, not Goodbye\(\)"):
        type("Goodbye", (LastWorkItem,), {})


def paired(report):
    return report.counts["taken"] + report.counts["spawned"] == report.counts.ended


@pytest.mark.parametrize("ordered", [True, False])
def test_its_value_goes_through_the_jobs_that_are_left_and_comes_out_last(ordered):
    async def until_three(item):
        return LastWorkItem("last") if item == 3 else item

    async def slow(item):
        await asyncio.sleep(0 if item == "last" else 10)
        return item

    async def main():
        flow = Flow(capacity=FixedCapacity(4, 10)).add(until_three).add(slow)
        results = [result async for result in flow.stream(range(10), ordered=ordered)]
        assert results[-1] == "last"
        assert {0, 1, 2} <= set(results)
        assert paired(flow.report)

    play(main())


def test_its_value_is_an_item_of_all_jobs_when_it_is_put_in():
    seen = []

    async def note(item):
        await asyncio.sleep(1 if item != "last" else 0)
        seen.append(item)

    report = play(Flow(capacity=FixedCapacity(3, 9)).add(same).add(note).run([1, 2, LastWorkItem("last"), 3]))
    assert seen == [1, 2, "last"]
    assert report.counts == {"taken": 4, "done": 3, "skipped": 0, "rerouted": 0, "failed": 0, "dropped": 1}


def test_its_value_is_the_result_when_the_last_job_returns_it():
    async def ten_times(item):
        return LastWorkItem(item * 10) if item == 2 else item

    async def main():
        flow = Flow(capacity=FixedCapacity(1, 9)).add(ten_times)
        assert [result async for result in flow.stream(range(5))] == [0, 1, 20]
        assert paired(flow.report)

    play(main())


def test_none_is_a_value():
    async def end(item):
        return LastWorkItem(None)

    async def main():
        assert [result async for result in Flow().add(end).stream([1])] == [None]

    play(main())


def test_it_ends_only_the_arm_that_it_passed_and_what_is_before():
    done = []

    async def slow(item):
        await asyncio.sleep(1)
        done.append(item)

    async def end(item):
        return LastWorkItem()

    kinds = router(lambda item: "end" if item == "end" else "slow", end=end, slow=slow)
    report = play(Flow(capacity=FixedCapacity(1, 10)).add(kinds).run([1, 2, 3, "end"]))
    assert done == [1, 2, 3]
    assert report.counts["taken"] == report.counts.ended
