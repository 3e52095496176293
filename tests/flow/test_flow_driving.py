"""Driving a flow: start, put, run, feed, stream, drain, stop, again."""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from contextlib import aclosing

import pytest
from virtual_time import play

from framework.errors import FlowEnded, LifecycleError
from framework.flow import FixedCapacity, Flow, LastWorkItem, StopProcessing, job_name

pytestmark = pytest.mark.timeout(30)


async def same(item):
    return item


async def pause(item):
    await asyncio.sleep(1)
    return item


def test_the_first_example_runs_and_ends(capsys):
    @job_name("Stage 1")
    async def first_stage(item):
        print("Received:", item)  # noqa: T201 - the example prints
        return item + 1

    @job_name("Stage 2")
    async def second_stage(item):
        print("Processed:", item)  # noqa: T201 - as above
        if item >= 5:
            return LastWorkItem()
        return item + 1

    async def main():
        flow = Flow()
        flow.add(first_stage)
        flow.add(second_stage)
        await flow.start()
        await flow._jobs[0]._input.put(0)
        await flow.run()

    play(main())
    assert capsys.readouterr().out == "Received: 0\nProcessed: 1\n"


def test_a_job_keeps_the_names_of_the_class_diagram():
    async def main():
        flow = Flow(capacity=FixedCapacity(2, 7)).add(same).add(same)
        await flow.start()
        first, last = flow._jobs
        assert first._output is last._input
        assert last._output is None
        assert first._cap.queue_length == 7
        assert len(first._workers) == 2
        await flow.stop()
        assert not first._workers

    play(main())


@pytest.mark.parametrize("kind", ["list", "async", "callable", "coroutine"])
def test_a_source_may_be_an_iterable_an_async_iterable_or_a_function_that_gives_one(kind):
    async def numbers():
        for number in range(5):
            yield number

    async def listed():
        return [0, 1, 2, 3, 4]

    async def main():
        source = {"list": range(5), "async": numbers(), "callable": numbers, "coroutine": listed}[kind]
        report = await Flow().add(same).run(source)
        assert report.counts["done"] == 5
        assert report.ended == "finished"

    play(main())


def test_an_empty_source_ends_at_once():
    async def main():
        report = await Flow().add(same).run([])
        assert dict(report.counts) == {"taken": 0, "done": 0, "skipped": 0, "rerouted": 0, "failed": 0, "dropped": 0}

    play(main())


def test_without_a_source_run_waits_for_a_first_item():
    async def main():
        flow = Flow().add(same)
        running = asyncio.create_task(flow.run())
        await asyncio.sleep(100)
        assert not running.done()
        await flow.put(1)
        assert (await running).counts["done"] == 1

    play(main())


def test_run_ends_when_items_were_put_and_done_before_it():
    async def main():
        flow = Flow().add(same)
        await flow.start()
        await flow.put(1)
        await flow.drain()
        assert (await flow.run()).counts["done"] == 1

    play(main())


def test_feeding_holds_the_flow_open_while_the_producer_pauses():
    async def main():
        flow = Flow().add(same)

        async def produce():
            async with flow.feeding() as feed:
                await feed(1)
                await asyncio.sleep(50)
                await feed(2)

        report, _ = await asyncio.gather(flow.run(), produce())
        assert report.counts["done"] == 2

    play(main())


def test_a_flow_can_run_again_and_counts_anew():
    async def main():
        flow = Flow().add(same)
        assert (await flow.run(range(3))).counts["done"] == 3
        assert (await flow.run(range(4))).counts["done"] == 4

    play(main())


def test_start_twice_is_logged_and_changes_nothing(caplog):
    async def main():
        flow = Flow().add(same)
        await flow.start()
        workers = set(flow._jobs[0]._workers)
        with caplog.at_level(logging.INFO, logger="framework.flow"):
            await flow.start()
        assert flow._jobs[0]._workers == workers
        await flow.stop()

    play(main())
    assert "flow runs already" in caplog.text


def test_stop_is_harmless_before_the_start_and_twice():
    async def main():
        flow = Flow().add(same)
        await flow.stop()
        await flow.start()
        await flow.stop()
        await flow.stop()

    play(main())


def test_stop_takes_less_than_a_second_although_a_processor_clings_to_its_item():
    async def clings(item):
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                if item == "gives in the second time":
                    await asyncio.sleep(3600)
                raise

    async def main():
        flow = Flow().add(clings)
        await flow.start()
        await flow.put("gives in the second time")
        await asyncio.sleep(1)
        began = asyncio.get_running_loop().time()
        await flow.stop()
        assert asyncio.get_running_loop().time() - began < 1
        assert flow.report.counts["dropped"] == 1

    play(main())


def test_a_processor_that_ignores_its_cancellation_is_left_behind_and_counted(caplog):
    free = []

    async def never(item):
        while not free:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                continue

    async def main():
        flow = Flow().add(never)
        await flow.start()
        await flow.put(1)
        await asyncio.sleep(0)
        began = asyncio.get_running_loop().time()
        await flow.stop()
        assert asyncio.get_running_loop().time() - began < 1
        assert flow.report.counts["dropped"] == flow.report.counts["taken"] == 1
        free.append(True)
        await asyncio.sleep(7200)

    play(main())
    assert "does not end although it was cancelled twice" in caplog.text


def test_stop_drops_what_is_queued_and_counts_it():
    async def main():
        flow = Flow(capacity=FixedCapacity(1, 5)).add(pause)
        await flow.start()
        for item in range(4):
            await flow.put(item)
        await asyncio.sleep(1.5)
        await flow.stop()
        assert flow.report.counts == {"taken": 4, "done": 1, "skipped": 0, "rerouted": 0, "failed": 0, "dropped": 3}
        assert flow.report.ended == "stopped"

    play(main())


def test_a_cancelled_run_leaves_no_task_and_keeps_its_report():
    async def main():
        flow = Flow().add(pause)
        running = asyncio.create_task(flow.run(range(100)))
        await asyncio.sleep(2.5)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert flow.report.ended == "cancelled"
        assert flow.report.counts["done"] > 0
        assert flow.report.counts["taken"] == flow.report.counts.ended

    play(main())


def test_cancelling_start_while_a_resource_is_entered_leaves_nothing():
    class Slow:
        async def __aenter__(self):
            await asyncio.sleep(1000)

        async def __aexit__(self, *_):
            raise AssertionError("never entered")

        async def __call__(self, item):
            return item

    async def main():
        flow = Flow().add_job_with_factory(Slow())
        starting = asyncio.create_task(flow.start())
        await asyncio.sleep(1)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting
        assert not flow.running

    play(main())


def test_put_waits_for_room_and_goes_on_as_soon_as_there_is_some():
    async def main():
        gate = asyncio.Semaphore(0)

        async def gated(item):
            await gate.acquire()
            return item

        flow = Flow(capacity=FixedCapacity(workers=1, queue_length=4)).add(gated)
        await flow.start()
        for item in range(5):  # one at work, four waiting
            await flow.put(item)
        sixth = asyncio.create_task(flow.put(5))
        for _ in range(10):
            await asyncio.sleep(0)
        assert not sixth.done()
        assert flow.snapshot().nodes["gated"].waiting == 4
        gate.release()
        await asyncio.wait_for(sixth, 1)
        await flow.stop()

    play(main())


def test_puts_that_wait_are_served_in_turn():
    async def main():
        order = []

        async def note(item):
            await asyncio.sleep(0.1)
            order.append(item)

        flow = Flow(capacity=FixedCapacity(1, 1)).add(note)
        await flow.start()
        await asyncio.gather(*(flow.put(item) for item in range(8)))
        await flow.run()
        assert order == list(range(8))

    play(main())


def test_a_put_that_waits_keeps_the_flow_from_ending():
    async def main():
        flow = Flow(capacity=FixedCapacity(1, 1)).add(same)
        await flow.start()
        puts = [asyncio.create_task(flow.put(item)) for item in range(20)]
        report = await flow.run()
        await asyncio.gather(*puts)
        assert report.counts["done"] == 20

    play(main())


@pytest.mark.parametrize("turns", range(12))
def test_a_stop_at_any_moment_of_the_start_leaves_no_source_behind(turns):
    async def hangs():
        await asyncio.sleep(1e6)
        yield 1

    async def main():
        flow = Flow().add(same)
        running = asyncio.create_task(flow.run(hangs()))
        for _ in range(turns):
            await asyncio.sleep(0)
        await flow.stop()
        if turns:
            assert (await running).ended == "stopped"
        else:  # it had not begun
            running.cancel()
            await asyncio.wait({running})

    play(main())


def test_a_worker_that_somebody_else_cancels_is_replaced_and_its_item_is_dropped():
    async def main():
        flow = Flow(capacity=FixedCapacity(1, 5)).add(pause)
        running = asyncio.create_task(flow.run(range(4)))
        await asyncio.sleep(1.5)
        (worker,) = flow._jobs[0]._workers
        worker.task.cancel()
        report = await running
        assert (report.counts["done"], report.counts["dropped"]) == (3, 1)

    play(main())


def test_a_put_after_the_end_is_refused():
    async def main():
        flow = Flow().add(same)
        await flow.run([1])
        with pytest.raises(FlowEnded, match="start"):
            await flow.put(2)

    play(main())


def test_a_put_before_the_start_says_what_to_do():
    async def main():
        with pytest.raises(LifecycleError, match=r"await flow\.start\(\)"):
            await Flow().add(same).put(1)

    play(main())


def test_a_waiting_put_is_refused_when_the_flow_ends():
    async def main():
        flow = Flow(capacity=FixedCapacity(1, 1)).add(pause)
        await flow.start()
        puts = [asyncio.create_task(flow.put(item)) for item in range(4)]
        await asyncio.sleep(0.5)
        await flow.stop()
        results = await asyncio.gather(*puts, return_exceptions=True)
        assert [type(result) for result in results] == [type(None), type(None), FlowEnded, FlowEnded]
        assert flow.report.counts["taken"] == flow.report.counts["dropped"] == 2

    play(main())


def test_run_inside_run_is_refused():
    async def main():
        flow = Flow().add(pause)
        running = asyncio.create_task(flow.run(range(3)))
        await asyncio.sleep(0)
        with pytest.raises(LifecycleError, match="already"):
            await flow.run([4])
        assert (await running).counts["done"] == 3

    play(main())


def test_a_flow_without_jobs_refuses_to_start():
    async def main():
        with pytest.raises(LifecycleError, match="no jobs"):
            await Flow().start()

    play(main())


def test_adding_to_a_running_flow_is_refused():
    async def main():
        flow = Flow().add(same)
        await flow.start()
        with pytest.raises(LifecycleError, match="stop"):
            flow.add(same)
        await flow.stop()

    play(main())


@pytest.mark.parametrize("ordered", [True, False])
def test_a_stream_hands_out_the_results_of_the_last_job(ordered):
    async def uneven(item):
        await asyncio.sleep(0.1 * (item % 3))
        if item % 5 == 0:
            raise StopProcessing
        return item * 10

    async def main():
        flow = Flow().add(uneven).add(same)
        results = [result async for result in flow.stream(range(20), ordered=ordered)]
        expected = [item * 10 for item in range(20) if item % 5]
        assert (results if ordered else sorted(results)) == expected
        assert ordered or results != expected
        assert flow.report.counts["skipped"] == 4

    play(main())


@pytest.mark.parametrize("ordered", [True, False])
def test_a_slow_reader_holds_the_source_back(ordered):
    produced = []

    def source():
        for item in range(1000):
            produced.append(item)
            yield item

    async def main():
        flow = Flow(capacity=FixedCapacity(2, 3)).add(same).add(same)
        async with aclosing(flow.stream(source(), ordered=ordered)) as results:
            async for _ in results:
                await asyncio.sleep(1)
                break
        assert len(produced) <= flow.room + 2

    play(main())


def test_leaving_a_stream_early_stops_the_flow():
    async def main():
        flow = Flow().add(same)
        async with aclosing(flow.stream(range(1000))) as results:
            async for _ in results:
                break
        assert not flow.running
        assert flow.report.counts["taken"] == flow.report.counts.ended

    play(main())


def test_a_stream_raises_what_its_source_raises():
    async def broken():
        yield 1
        raise OSError("gone")

    async def main():
        flow = Flow().add(same)
        with pytest.raises(OSError, match="gone"):
            async for _ in flow.stream(broken()):
                pass
        assert not flow.running

    play(main())


def test_a_stream_works_on_a_flow_that_was_started():
    async def main():
        flow = Flow().add(same)
        await flow.start()
        assert sorted([result async for result in flow.stream(range(5))]) == list(range(5))

    play(main())


def test_a_body_that_never_waits_starves_neither_timers_nor_stop():
    async def main():
        flow = Flow().add(same).add(same)

        async def endless():
            number = 0
            while True:
                number += 1
                yield number

        running = asyncio.create_task(flow.run(endless()))
        await asyncio.sleep(0.05)
        began = time.monotonic()
        await flow.stop()
        assert time.monotonic() - began < 1
        assert (await running).ended == "stopped"

    asyncio.run(main())


def test_ten_thousand_items_in_flight_cost_less_than_a_kilobyte_each():
    import tracemalloc

    async def main():
        gate = asyncio.Event()

        async def gated(item):
            await gate.wait()
            return item

        flow = Flow(capacity=FixedCapacity(1, 10_000)).add(gated)
        await flow.start()
        gc.collect()
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        for item in range(10_000):
            await flow.put(item)
        grown = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
        assert grown < 1000 * 10_000
        gate.set()
        assert (await flow.run()).counts["done"] == 10_000

    play(main())


def test_the_context_of_the_run_reaches_the_workers():
    from contextvars import ContextVar

    cell = ContextVar("cell", default="none")
    seen = []

    async def look(item):
        seen.append(cell.get())

    async def main():
        cell.set("In[3]")
        await Flow().add(look).run([1])

    play(main())
    assert seen == ["In[3]"]
