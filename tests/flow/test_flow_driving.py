"""Driving a flow: start, run, again."""

from __future__ import annotations

import asyncio
import gc
import logging

import pytest
from flow_samples import pause, plus_one, same

from framework.errors import LifecycleError
from framework.flow import FixedCapacity, Flow, LastWorkItem, job_name
from virtual_time import play

pytestmark = pytest.mark.timeout(30)


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


def test_a_worker_that_is_cancelled_from_outside_is_replaced_and_its_item_is_dropped():
    async def main():
        flow = Flow(capacity=FixedCapacity(1, 5)).add(pause)
        running = asyncio.create_task(flow.run(range(4)))
        await asyncio.sleep(1.5)
        (worker,) = flow._jobs[0]._workers
        worker.task.cancel()
        report = await running
        assert (report.counts["done"], report.counts["dropped"]) == (3, 1)

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


def test_a_put_into_a_flow_without_jobs_says_what_to_do():
    async def main():
        with pytest.raises(LifecycleError, match=r"has no jobs: flow\.add"):
            await Flow().put(1)

    play(main())


def test_drain_waits_until_all_is_done_and_the_flow_goes_on():
    async def main():
        flow = Flow().add(pause)
        await flow.drain()  # not started: nothing to wait for
        await flow.start()
        for item in range(5):
            await flow.put(item)
        forgotten = asyncio.create_task(flow.drain())
        await asyncio.sleep(0.5)
        forgotten.cancel()
        await flow.drain()
        assert forgotten.cancelled()
        assert flow.report.counts["done"] == 5
        assert flow.running
        await flow.stop()

    play(main())


def test_drain_and_stop_work_from_another_event_loop():
    async def main():
        flow = Flow(capacity=FixedCapacity(1, 100)).add(plus_one)
        await flow.start()
        for item in range(50):
            await flow.put(item)
        await asyncio.to_thread(asyncio.run, flow.drain())
        assert flow.report.counts["done"] == 50
        await asyncio.to_thread(asyncio.run, flow.stop())
        assert flow.report.ended == "stopped"
        await asyncio.to_thread(asyncio.run, flow.stop())
        await asyncio.to_thread(asyncio.run, flow.drain())

    asyncio.run(main(), debug=True)  # which notices what is called in the wrong thread


def test_drain_of_a_part_waits_until_the_flow_that_runs_it_is_idle():
    async def main():
        inner = Flow(name="inner").add(pause)
        flow = Flow(name="outer").add(plus_one).add(inner)
        await flow.start()
        await flow.put(1)
        await inner.drain()
        assert (flow.report.counts["done"], inner.report.counts["done"]) == (1, 1)
        await flow.stop()

    play(main())


@pytest.mark.parametrize("ask", [Flow.stop, Flow.drain, lambda flow: flow.put(2)], ids=["stop", "drain", "put"])
def test_a_flow_of_an_event_loop_that_does_not_run_says_so(ask):
    loop = asyncio.new_event_loop()
    flow = Flow().add(pause)
    try:
        loop.run_until_complete(flow.start())
        with pytest.raises(LifecycleError, match="does not run: await this there"):
            asyncio.run(ask(flow))
    finally:
        loop.run_until_complete(flow.stop())
        loop.close()


def test_drain_raises_what_ended_the_flow():
    async def source():
        yield 1
        await asyncio.sleep(0.5)
        raise OSError("gone")

    async def main():
        flow = Flow().add(pause)
        running = asyncio.create_task(flow.run(source()))
        await asyncio.sleep(0.1)
        with pytest.raises(OSError, match="gone"):
            await flow.drain()
        await asyncio.wait({running})
        assert isinstance(running.exception(), OSError)

    play(main())
