"""Reading the results of a flow as a stream."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest
from flow_samples import pause, same

from framework.flow import FixedCapacity, Flow, StopProcessing
from virtual_time import play

pytestmark = pytest.mark.timeout(30)


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
        assert len(produced) <= flow._room + 2

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


@pytest.mark.parametrize("ordered", [False, True])
def test_results_of_what_is_put_meanwhile_are_handed_out_as_well(ordered):
    flow = Flow()

    async def visit(page):
        if page < 3:
            await flow.put(page + 1)
        yield page

    async def source():
        yield 0
        await asyncio.to_thread(asyncio.run, flow.put(10))
        yield 20

    async def main():
        return [page async for page in flow.add(visit).add(same).stream(source(), ordered=ordered)]

    assert sorted(asyncio.run(main())) == [0, 1, 2, 3, 10, 20]
    assert flow.report.counts["taken"] == 6


def test_a_put_that_gives_up_does_not_hold_an_ordered_stream():
    flow = Flow(capacity=FixedCapacity(1, 1))

    async def impatient():
        await asyncio.sleep(0.5)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await flow.put(9)

    async def main():
        putting = asyncio.create_task(impatient())
        results = [item async for item in flow.add(pause).stream([1, 2, 3], ordered=True)]
        await putting
        return results

    assert play(main()) == [1, 2, 3]
