"""Jobs that take several items in one call."""

from __future__ import annotations

import asyncio

import pytest
from flow_samples import results, same
from hypothesis import given
from hypothesis import strategies as st

from framework.errors import FlowError, OptionError
from framework.flow import Batch, FixedCapacity, Flow, LastWorkItem, StopProcessing
from virtual_time import play, settle

pytestmark = pytest.mark.timeout(60)


def test_a_batch_takes_what_waits_up_to_its_size():
    sizes = []

    async def several(items):
        sizes.append(len(items))
        await asyncio.sleep(1)
        return [item * 2 for item in items]

    async def main():
        flow = Flow(capacity=FixedCapacity(1, 10)).add(several, batch=4)
        assert await results(flow, range(11)) == [item * 2 for item in range(11)]

    play(main())
    assert max(sizes) == 4
    assert sum(sizes) == 11


def test_a_batch_lingers_for_more_and_goes_when_it_is_full_or_the_time_is_over(clock):
    async def main():
        batches = []

        async def note(items):
            batches.append((clock.now(), items))
            return items

        flow = Flow(clock=clock, capacity=FixedCapacity(1)).add(note, batch=Batch(3, linger=10))
        await flow.start()
        await flow.put(1)
        await clock.advance(4)
        await flow.put(2)
        await clock.advance(5.5)
        assert batches == []
        assert not flow._run.quiet
        await clock.advance(0.5)
        assert batches == [(10, [1, 2])]
        for item in (3, 4, 5):
            await flow.put(item)
        await settle()
        assert batches[1:] == [(10, [3, 4, 5])]
        await flow.stop()

    play(main())


def test_an_exception_in_the_place_of_a_result_is_the_outcome_of_that_item():
    async def several(items):
        return [StopProcessing() if item == 1 else ValueError() if item == 2 else item for item in items]

    report = play(Flow(capacity=FixedCapacity(1)).add(several, batch=10).run(range(5)))
    assert report.counts == {"taken": 5, "done": 3, "skipped": 1, "rerouted": 0, "failed": 1, "dropped": 0}


def test_an_exception_that_a_batch_raises_is_the_outcome_of_all_its_items():
    async def fails(items):
        raise ValueError

    report = play(Flow().add(fails, batch=3).run(range(7)))
    assert report.counts["failed"] == 7
    assert sorted(failure.event for failure in report.failures) == list(range(7))


@pytest.mark.parametrize(
    ("returned", "says"), [(5, "returned int"), (None, "NoneType"), ([], "0 results"), ("ab", "str")]
)
def test_a_batch_that_returns_no_result_per_item_fails_and_says_why(returned, says):
    async def wrong(items):
        return returned

    report = play(Flow().add(wrong, batch=2).run([1]))
    assert says in str(report.failures[0].exception)


def test_a_last_work_item_ends_a_batch():
    seen = []

    async def note(items):
        seen.append(items)
        return items

    flow = Flow(capacity=FixedCapacity(1, 10)).add(note, batch=Batch(9, linger=100))
    report = play(flow.run([1, 2, LastWorkItem(), 3]))
    assert seen == [[1, 2]]
    assert report.counts["taken"] == report.counts.ended


def test_an_error_job_takes_no_batches():
    with pytest.raises(OptionError, match="batch"):
        Flow().error(same, batch=3)


def test_a_failed_item_of_a_batch_can_be_repeated_alone():
    broken = [True]

    async def several(items):
        if broken:
            raise ValueError(broken)
        return [item * 2 for item in items]

    async def main():
        report = await Flow(capacity=FixedCapacity(1)).add(several, batch=3).run(range(3))
        broken.clear()
        return [await failure.rerun() for failure in report.failures]

    assert play(main()) == [0, 2, 4]


def test_a_repeated_item_of_a_batch_fails_as_it_did_in_the_batch():
    async def each(items):
        return [ValueError(item) for item in items]

    async def none(items):
        return None

    async def main(processor, error):
        report = await Flow(capacity=FixedCapacity(1)).add(processor, batch=3).run(range(3))
        for failure in report.failures:
            with pytest.raises(error):
                await failure.rerun()

    play(main(each, ValueError))
    play(main(none, FlowError))


@pytest.mark.parametrize("linger", [-1, "long", float("nan"), True])
def test_a_time_to_linger_that_makes_no_sense_is_refused(linger):
    with pytest.raises(OptionError, match="linger is a time in seconds"):
        Batch(3, linger=linger)


def test_a_stop_while_a_batch_lingers_drops_what_it_holds(clock):
    async def main():
        flow = Flow(clock=clock, capacity=FixedCapacity(1)).add(same, batch=Batch(9, linger=100))
        await flow.start()
        for item in range(3):
            await flow.put(item)
        await clock.advance(1)
        await flow.stop()
        assert flow.report.counts["dropped"] == flow.report.counts["taken"] == 3

    play(main())


def test_the_last_batch_of_a_run_does_not_wait_for_its_time_to_be_over():
    async def several(items):
        return items

    async def main():
        flow = Flow(capacity=FixedCapacity(1)).add(several, batch=Batch(10, linger=1000))
        report = await flow.add(several, batch=Batch(7, linger=1000)).run(range(25))
        assert report.counts["done"] == 25
        assert asyncio.get_running_loop().time() < 1

    play(main())


def test_a_drain_does_not_wait_for_a_batch_to_be_full():
    async def several(items):
        return items

    async def main():
        flow = Flow(capacity=FixedCapacity(1)).add(several, batch=Batch(10, linger=1000))
        await flow.start()
        await flow.put(1)
        await flow.drain()
        assert asyncio.get_running_loop().time() < 1
        await flow.stop()

    play(main())


def test_idle_workers_do_not_split_a_batch_that_one_of_them_collects():
    sizes = []

    async def several(items):
        sizes.append(len(items))
        await asyncio.sleep(3)
        return items

    async def main():
        flow = Flow(capacity=FixedCapacity(4, 20)).add(several, batch=Batch(5, linger=10))
        await flow.start()
        for item in range(11):
            await flow.put(item)
            await asyncio.sleep(1)
        await flow.run()

    play(main())
    assert sizes == [5, 5, 1]


def test_a_worker_that_takes_items_before_the_one_that_lingers_has_woken_up_loses_no_wake_up():
    done = []

    async def main():
        goes_on = asyncio.Event()

        async def note(items):
            if len(items) == 3:
                await goes_on.wait()
            done.extend(items)
            return items

        flow = Flow(capacity=FixedCapacity(2)).add(note, batch=Batch(3, linger=5))
        await flow.start()
        for item in range(3):  # for a worker that is at work then
            await flow.put(item)
        await settle()
        for item in (3, 4):  # for one that lingers for a third
            await flow.put(item)
            await settle()
        goes_on.set()
        await asyncio.sleep(0)
        for item in (5, 6):  # one more than that
            await flow.put(item)
        await asyncio.sleep(20)
        await flow.put(7)
        await flow.run([8])

    play(main())
    assert sorted(done) == list(range(9))


def test_a_last_batch_does_not_linger_when_another_worker_of_its_job_becomes_idle_after_it():
    async def several(items):
        await asyncio.sleep(len(items))
        return items

    async def main():
        flow = Flow(capacity=FixedCapacity(2)).add(several, batch=Batch(7, linger=1e6))
        report = await flow.add(several, batch=Batch(4, linger=1e6)).run(range(10))
        return report.counts["done"], asyncio.get_running_loop().time()

    done, seconds = play(main())
    assert done == 10
    assert seconds < 100


@given(
    workers=st.integers(1, 4),
    queue=st.integers(1, 5),
    sizes=st.lists(st.none() | st.integers(1, 7), min_size=1, max_size=3),
    items=st.integers(0, 30),
    pauses=st.randoms(use_true_random=False),
)
def test_no_flow_of_batches_waits_for_more_items_than_there_are(workers, queue, sizes, items, pauses):
    async def several(batch):
        await asyncio.sleep(pauses.choice((0, 0, 1)))
        return batch

    async def main():
        flow = Flow(capacity=FixedCapacity(workers, queue))
        for size in sizes:
            flow.add(same) if size is None else flow.add(several, batch=Batch(size, linger=1e6))
        report = await flow.run(range(items))
        return report.counts["done"], asyncio.get_running_loop().time()

    done, seconds = play(main())
    assert done == items
    assert seconds < 1000
