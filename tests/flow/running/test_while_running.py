"""What a user does while a flow runs: pause, resume, configure, ask what it waits for."""

from __future__ import annotations

import asyncio
import threading

import pytest
from flow_samples import pause, same

from framework.errors import FlowEnded
from framework.flow import FixedCapacity, Flow, UtilizationCapacity, router
from virtual_time import play, settle

pytestmark = pytest.mark.timeout(60)


def test_a_paused_flow_takes_no_item_and_fills_its_queue():
    done = []

    async def note(item):
        done.append(item)

    async def main():
        flow = Flow(capacity=FixedCapacity(2, 3)).add(note)
        await flow.start()
        flow.pause()
        assert flow.snapshot().state == "paused"
        puts = [asyncio.create_task(flow.put(item)) for item in range(9)]
        await settle()
        assert flow.snapshot().nodes["note"].waiting == 3
        assert "note: paused: flow.resume()" in flow.why_waiting()
        flow.resume()
        report = await flow.run()
        assert done == list(range(9))
        assert report.counts["done"] == 9
        await asyncio.gather(*puts)

    play(main())


def test_one_job_can_be_paused_and_what_is_before_it_waits():
    async def main():
        flow = Flow(capacity=FixedCapacity(1, 2)).add(same, name="first").add(same, name="second")
        await flow.start()
        flow.pause("second")
        puts = [asyncio.create_task(flow.put(item)) for item in range(8)]
        await settle()
        nodes = flow.snapshot().nodes
        assert (nodes["first"].blocked, nodes["first"].waiting, nodes["second"].waiting) == (1, 2, 2)
        assert flow.snapshot().state == "running"
        flow.resume("second")
        assert (await flow.run()).counts["done"] == 8
        await asyncio.gather(*puts)

    play(main())


def test_a_paused_flow_can_be_stopped():
    async def main():
        flow = Flow().add(same)
        await flow.start()
        flow.pause()
        await flow.put(1)
        await flow.stop()
        assert flow.report.counts["dropped"] == 1

    play(main())


def test_a_job_scaled_to_zero_comes_back_when_it_is_resumed(clock):
    async def main():
        flow = Flow(clock=clock).add(same, UtilizationCapacity(0, 0, 2))
        await flow.start()
        flow.pause()
        await flow.put(1)
        await settle()
        flow.resume()
        await settle()
        assert flow.report.counts["done"] == 1
        await flow.stop()

    play(main())


def test_a_job_can_be_given_another_capacity():
    async def main():
        flow = Flow(capacity=FixedCapacity(2, 3)).add(pause)
        running = asyncio.create_task(flow.run(range(100)))
        await asyncio.sleep(1.5)
        flow.configure("pause", FixedCapacity(6, 20))
        await asyncio.sleep(1)
        node = flow.snapshot().nodes["pause"]
        assert (node.workers, node.running, node.waiting, node.capacity) == (6, 6, 20, 20)
        flow.configure("pause", FixedCapacity(1, 1))
        await asyncio.sleep(2)
        node = flow.snapshot().nodes["pause"]
        assert (node.workers, node.max_workers) == (1, 1)
        report = await running
        assert report.counts["done"] == 100
        assert [scaled.reason for scaled in report.scalings] == ["2->6: configured"]

    play(main())


def test_a_job_that_was_fixed_scales_from_then_on(clock):
    gate = asyncio.Event()

    async def gated(item):
        await gate.wait()

    async def main():
        flow = Flow(clock=clock).add(gated, FixedCapacity(1, 20), "gated")
        await flow.start()
        for item in range(9):
            await flow.put(item)
        flow.configure("gated", UtilizationCapacity(1, 1, 3, 20))
        await clock.advance(60)
        assert flow.snapshot().nodes["gated"].workers == 3
        gate.set()
        await flow.run()

    play(main())


def test_items_put_from_another_thread_wake_the_loop():
    async def main():
        flow = Flow(capacity=FixedCapacity(1, 2)).add(same)
        await flow.start()

        def produce():
            for item in range(50):
                flow.put_threadsafe(item).result(30)
            asyncio.run(flow.put(50))  # `put` finds its way as well

        thread = threading.Thread(target=produce)
        thread.start()
        await asyncio.to_thread(thread.join)
        assert (await flow.run()).counts["done"] == 51
        with pytest.raises(FlowEnded):
            await asyncio.wrap_future(flow.put_threadsafe(1))

    asyncio.run(main())


def test_why_waiting_names_what_keeps_a_flow_from_being_finished():
    async def main():
        lock = asyncio.Lock()
        flow = (
            Flow(name="f")
            .add(same, FixedCapacity(1, 1), "first")
            .add_job_with_lock(pause, lock, FixedCapacity(3, 1), "second")
        )
        assert flow.why_waiting() == ""
        await flow.start()
        assert flow.why_waiting() == "it is idle and not being run: await flow.run() ends it"
        running = asyncio.create_task(flow.run(range(9)))
        await asyncio.sleep(0.5)
        first, second, source = flow.why_waiting().splitlines()
        assert first == (
            "first: 1 waiting for room downstream, the queue of second holds 1; 1 item queued (full); "
            "1 put waiting for room"
        )
        at = f"flow_samples.py:{pause.__code__.co_firstlineno + 1}"
        assert (
            second == f"second: 1 working, the longest for 0.5 s at {at}; 2 waiting for the lock; 1 item queued (full)"
        )
        assert source == "the source has more items"
        await running
        assert flow.why_waiting() == ""

    play(main())


def test_why_waiting_names_open_feeds_and_a_missing_first_item():
    async def main():
        flow = Flow().add(same)
        running = asyncio.create_task(flow.run())
        await settle()
        assert "nothing was put yet" in flow.why_waiting()
        async with flow.feeding():
            assert flow.why_waiting() == "1 producer may put more: feeding() was entered and not left"
        await running

    play(main())


def test_workers_that_wait_for_a_lock_are_not_at_work_and_add_no_others(clock):
    async def main():
        lock, held = asyncio.Lock(), asyncio.Event()

        async def work(item):
            await held.wait()

        flow = Flow(clock=clock).add_job_with_lock(work, lock, UtilizationCapacity(8, 8, 16, 20))
        await flow.start()
        for item in range(20):
            await flow.put(item)
        await clock.advance(100)
        node = flow.snapshot().nodes["work"]
        assert (node.running, node.locked, node.blocked, node.idle, node.workers) == (1, 7, 0, 0, 8)
        held.set()
        report = await flow.run()
        job = report.jobs["work"]
        assert (job.busy_seconds, job.locked_seconds, job.blocked_seconds) == (100, 700, 0)
        assert report.scalings == ()

    play(main())


def test_a_router_is_configured_without_its_arms_and_a_sub_flow_with_all_its_jobs():
    async def main():
        way = router(lambda _: "arm", name="way", arm=same)
        flow = Flow(capacity=FixedCapacity(2)).add(way).add(Flow(name="part").add(same).add(same))
        await flow.start()
        flow.configure("way", FixedCapacity(3))
        flow.configure("part", FixedCapacity(4))
        nodes = flow.snapshot().nodes
        await flow.stop()
        return [node.max_workers for node in nodes.values()]

    assert play(main()) == [3, 2, 4, 4]
