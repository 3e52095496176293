"""Puts from the flow's own processors: they never wait, hence never deadlock."""

from __future__ import annotations

import asyncio

import pytest
from flow_samples import same

from framework.flow import FixedCapacity, Flow
from virtual_time import play

pytestmark = pytest.mark.timeout(60)


def crawler(flow, pages, links):
    seen = {1}

    async def visit(page):
        await asyncio.sleep(0)
        for link in links(page):
            if link <= pages and link not in seen:
                seen.add(link)
                await flow.put(link)

    return visit


def test_a_crawl_with_cycles_ends_although_its_queue_is_short():
    flow = Flow()
    flow.add(crawler(flow, 5000, lambda page: (2 * page, 2 * page + 1, page // 2 or 1)), FixedCapacity(3, 2), "visit")

    async def main():
        await flow.put(1)
        return await flow.run()

    report = play(main())
    assert report.counts == {"taken": 5000, "done": 5000, "skipped": 0, "rerouted": 0, "failed": 0, "dropped": 0}
    assert report.jobs["visit"].overflow > 100


def test_a_put_from_outside_still_waits():
    async def main():
        gate = asyncio.Event()

        async def gated(item):
            await gate.wait()

        flow = Flow(capacity=FixedCapacity(1, 1)).add(gated)
        await flow.start()
        await flow.put(1)
        await flow.put(2)
        waiting = asyncio.create_task(flow.put(3))
        await asyncio.sleep(1)
        assert not waiting.done()
        gate.set()
        await flow.run()

    play(main())


def test_tasks_of_a_processor_and_a_nested_flow_put_without_waiting():
    flow = Flow(capacity=FixedCapacity(1, 1))

    async def nested(item):
        async def feed_back(part):
            await flow.put(part - 1)

        await Flow(capacity=FixedCapacity(1, 1)).add(feed_back).run([item] * 3)

    async def visit(item):
        if item > 0:
            async with asyncio.TaskGroup() as group:
                group.create_task(nested(item))
                group.create_task(flow.put(item - 1))
        return item

    async def main():
        flow.add(Flow(name="inner").add(visit)).add(same)
        await flow.put(3)
        return await flow.run()

    assert play(main()).counts["done"] == 1 + 4 + 16 + 64


def test_an_error_job_puts_without_waiting():
    flow = Flow(capacity=FixedCapacity(1, 1))
    tries = []

    async def fails(item):
        raise ValueError(item)

    async def again(item):
        tries.append(item)
        if len(tries) < 40:
            await flow.put(item)
            await flow.put(item)

    flow.add(fails).error(again)
    report = play(flow.run([1]))
    assert report.counts["failed"] == report.counts["taken"] == len(tries)


def test_a_processor_that_waits_until_its_flow_is_idle_is_refused():
    flow = Flow(capacity=FixedCapacity(1))

    async def waits(item):
        await flow.drain()

    report = play(flow.add(waits).run([1]))
    assert report.counts["failed"] == 1
    assert "cannot wait until it is idle" in str(report.failures[0].exception)
