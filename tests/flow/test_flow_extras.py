"""Timeout, retry, rate, batches, executors, sub-flows and routers."""

from __future__ import annotations

import asyncio
import math
import multiprocessing
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextvars import ContextVar

import pytest
from virtual_time import play, settle

from framework.errors import FlowError, LifecycleError, OptionError
from framework.flow import (
    Batch,
    FixedCapacity,
    Flow,
    LastWorkItem,
    RouteToErrorQueue,
    StopProcessing,
    router,
)

pytestmark = pytest.mark.timeout(60)


async def same(item):
    return item


async def results(flow, items):
    return [result async for result in flow.stream(items, ordered=True)]


# -- limits


def test_a_call_that_takes_too_long_fails_with_a_timeout(clock):
    async def main():
        hang = asyncio.Event()

        async def slow(item):
            if item == 1:
                await hang.wait()
            return item

        flow = Flow(clock=clock).add(slow, timeout=3)
        running = asyncio.create_task(flow.run([0, 1, 2]))
        await clock.advance(2.9)
        assert flow.report.counts["failed"] == 0
        await clock.advance(0.1)
        report = await running
        assert (report.counts["done"], report.counts["failed"]) == (2, 1)
        assert isinstance(report.failures[0].exception, TimeoutError)
        assert clock.pending == 0

    play(main())


def test_stop_is_no_timeout(clock):
    async def main():
        flow = Flow(clock=clock).add(lambda_hang, timeout=3)
        await flow.start()
        await flow.put(1)
        await settle()
        await flow.stop()
        assert flow.report.counts["dropped"] == 1

    play(main())


async def lambda_hang(item):
    await asyncio.sleep(1e6)


@pytest.mark.parametrize(("attempts", "calls", "done"), [(None, 1, 0), (1, 1, 0), (2, 2, 0), (3, 3, 1), (9, 3, 1)])
def test_retry_is_the_number_of_attempts_in_all(attempts, calls, done):
    made = []

    async def third_time(item):
        made.append(item)
        if len(made) < 3:
            raise ValueError(len(made))
        return item

    report = play(Flow().add(third_time, retry=attempts).run([1]))
    assert len(made) == calls
    assert report.counts["done"] == done


@pytest.mark.parametrize("signal", [StopProcessing(), RouteToErrorQueue()])
def test_signals_are_not_retried(signal):
    made = []

    async def speaks(item):
        made.append(item)
        raise signal

    play(Flow().add(speaks, retry=5).run([1]))
    assert made == [1]


def test_each_attempt_has_its_own_timeout(clock):
    async def main():
        made = []

        async def slow_once(item):
            made.append(clock.now())
            if len(made) == 1:
                await asyncio.sleep(1e6)
            return item

        flow = Flow(clock=clock).add(slow_once, retry=2, timeout=3)
        running = asyncio.create_task(flow.run([1]))
        await clock.advance(3)
        assert (await running).counts["done"] == 1
        assert made == [0, 3]

    play(main())


def test_a_rate_spreads_the_calls_of_all_workers_evenly(clock):
    async def main():
        at = []

        async def note(item):
            at.append(clock.now())

        flow = Flow(clock=clock, capacity=FixedCapacity(3)).add(note, rate=2)
        running = asyncio.create_task(flow.run(range(5)))
        await clock.advance(10)
        await running
        assert at == [0, 0.5, 1, 1.5, 2]

    play(main())


@pytest.mark.parametrize(
    "options",
    [
        {"timeout": 0},
        {"timeout": -1},
        {"timeout": math.inf},
        {"timeout": "soon"},
        {"retry": 0},
        {"retry": 1.5},
        {"rate": 0},
        {"rate": math.nan},
        {"batch": 0},
        {"batch": 2.5},
    ],
    ids=repr,
)
def test_extras_that_make_no_sense_are_refused(options):
    with pytest.raises(OptionError):
        Flow().add(same, **options)


# -- batches


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


# -- executors


def square(item):
    return item * item


def whose(item):
    return threading.current_thread() is threading.main_thread(), CELL.get()


CELL = ContextVar("cell", default="none")


def test_plain_functions_run_in_threads_with_the_context_of_the_run():
    async def main():
        CELL.set("In[7]")
        with ThreadPoolExecutor(2) as threads:
            flow = Flow().add(whose, executor=threads)
            assert await results(flow, [1]) == [(False, "In[7]")]

    asyncio.run(main())


def test_plain_functions_run_in_processes():
    async def main():
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as processes:
            assert await results(Flow().add(square, executor=processes), range(5)) == [0, 1, 4, 9, 16]

    asyncio.run(main())


def test_a_function_that_fails_in_a_thread_is_a_failure_of_its_item():
    async def main():
        with ThreadPoolExecutor(1) as threads:
            report = await Flow().add(lambda item: 1 / item, executor=threads).run([0, 1])
        assert isinstance(report.failures[0].exception, ZeroDivisionError)
        assert report.counts["done"] == 1

    asyncio.run(main())


def test_stop_does_not_wait_for_a_thread():
    release = threading.Event()

    async def main():
        with ThreadPoolExecutor(1) as threads:
            flow = Flow().add(lambda item: release.wait(30), executor=threads)
            await flow.start()
            await flow.put(1)
            await settle()
            await asyncio.wait_for(flow.stop(), 1)
            assert flow.report.counts["dropped"] == 1
            release.set()

    asyncio.run(main())


def test_an_executor_wants_a_plain_function_and_must_be_one():
    with ThreadPoolExecutor(1) as threads:
        with pytest.raises(FlowError, match="needs no executor"):
            Flow().add(same, executor=threads)
        with pytest.raises(FlowError, match="needs no executor"):
            Flow().add(Flow(name="inner").add(same), executor=threads)
        with pytest.raises(FlowError, match="function of one item"):
            Flow().add(5, executor=threads)
    with pytest.raises(FlowError, match=r"concurrent\.futures"):
        Flow().add(square, executor="threads")


# -- sub-flows


async def plus_one(item):
    return item + 1


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
        inner = Flow(name="inner").add(lambda_hang)
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


# -- routers


def parity(item):
    return "odd" if item % 2 else "even"


async def times_ten(item):
    return item * 10


def test_a_router_hands_each_item_to_the_arm_of_its_label():
    flow = Flow().add(router(parity, odd=times_ten, even=Flow(name="evens").add(plus_one)))
    assert play(results(flow, range(6))) == [1, 10, 3, 30, 5, 50]


def test_a_router_may_classify_asynchronously():
    async def classify(item):
        await asyncio.sleep(1)
        return parity(item)

    assert play(results(Flow().add(router(classify, odd=same, even=times_ten)), [1, 2])) == [1, 20]


def test_a_label_without_an_arm_is_the_failure_of_its_item():
    report = play(Flow().add(router(parity, odd=same)).run([1, 2]))
    assert report.counts["done"] == 1
    assert "no arm of the router is named 'even'" in str(report.failures[0].exception)


def test_a_router_with_bad_parts_is_refused():
    with pytest.raises(FlowError, match="label"):
        router("odd", a=same)
    with pytest.raises(FlowError, match="without arms"):
        router(parity)
    with pytest.raises(FlowError, match="executor="):
        router(parity, odd=square)


def test_plain_functions_run_on_dask():
    distributed = pytest.importorskip("distributed")

    async def main(executor):
        assert await results(Flow().add(square, executor=executor), range(5)) == [0, 1, 4, 9, 16]

    with distributed.Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address=None) as client:
        asyncio.run(main(client.get_executor()))
