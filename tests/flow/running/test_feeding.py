"""What goes into a flow: sources, puts and producers that pause."""

from __future__ import annotations

import asyncio
import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, asynccontextmanager

import pytest
from flow_samples import pause, same

from framework.errors import FlowEnded, LifecycleError
from framework.flow import FixedCapacity, Flow, LastWorkItem
from virtual_time import play

pytestmark = pytest.mark.timeout(30)


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


def test_a_put_after_the_end_is_refused():
    async def main():
        flow = Flow().add(same)
        await flow.run([1])
        with pytest.raises(FlowEnded, match="start"):
            await flow.put(2)

    play(main())


def test_a_put_before_the_start_starts_the_flow():
    async def main():
        flow = Flow().add(same)
        await flow.put(1)
        assert (await flow.run()).counts["done"] == 1

    play(main())


def test_the_queue_of_a_job_that_was_not_started_says_what_to_do():
    async def main():
        with pytest.raises(LifecycleError, match=r"await flow\.start\(\)"):
            await Flow().add(same)._jobs[0]._input.put(1)

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


@pytest.mark.parametrize("kind", ["instance", "function", "of its own"])
def test_a_source_may_be_an_async_context_manager(kind):
    log = []

    @asynccontextmanager
    async def cursor():
        log.append("open")
        yield range(3)
        log.append("closed")

    class Rows:
        async def __aenter__(self):
            log.append("open")
            return self

        async def __aexit__(self, *_):
            log.append("closed")

        async def __aiter__(self):
            for row in range(3):
                yield row

    source = {"instance": cursor(), "function": cursor, "of its own": Rows()}[kind]
    assert play(Flow().add(same).run(source)).counts["done"] == 3
    assert log == ["open", "closed"]


class EndlessRows:
    """Sources of several kinds that note when they are closed."""

    def __init__(self):
        self.closed = False

    def plain(self):
        try:
            yield from itertools.count()
        finally:
            self.closed = True

    async def waiting(self):
        try:
            while True:
                yield 1
        finally:
            await asyncio.sleep(0)
            self.closed = True

    __aiter__ = waiting


@pytest.mark.parametrize("ending", ["last work item", "stop", "cancel", "left stream"])
@pytest.mark.parametrize("kind", ["generator", "function", "async generator", "async iterable", "on an executor"])
def test_a_generator_that_is_left_half_way_is_closed_before_the_flow_has_ended(kind, ending):
    async def main():
        rows, begun = EndlessRows(), asyncio.Event()

        async def work(item):
            begun.set()
            if ending in {"stop", "cancel"}:
                await asyncio.sleep(3600)
            return LastWorkItem() if ending == "last work item" else item

        source = {"function": rows.plain, "async generator": rows.waiting(), "async iterable": rows}.get(kind)
        source = source or rows.plain()
        flow = Flow(capacity=FixedCapacity(1, 2)).add(work)
        with ThreadPoolExecutor(1) as pool:
            options = {"source_executor": pool} if kind == "on an executor" else {}
            if ending == "left stream":
                async with aclosing(flow.stream(source, **options)) as results:
                    await anext(results)
            else:
                running = asyncio.create_task(flow.run(source, **options))
                await begun.wait()
                if ending == "stop":
                    await flow.stop()
                elif ending == "cancel":
                    running.cancel()
                await asyncio.wait({running})
        assert rows.closed
        assert flow.report.counts["taken"] == flow.report.counts.ended

    asyncio.run(main())


def test_a_generator_is_closed_when_the_read_that_an_end_has_interrupted_is_over():
    began, go_on, closed = threading.Event(), threading.Event(), threading.Event()

    def rows():
        try:
            began.set()
            go_on.wait(30)
            yield 1
        finally:
            closed.set()

    async def main():
        source = rows()
        with ThreadPoolExecutor(2) as pool:
            flow = Flow().add(same)
            running = asyncio.create_task(flow.run(source, source_executor=pool))
            await asyncio.to_thread(began.wait, 30)
            await flow.stop()
            assert not closed.is_set()
            go_on.set()
            await asyncio.to_thread(closed.wait, 30)
            assert closed.is_set()
            assert (await running).cut_off == ()

    asyncio.run(main())


def test_what_the_cleanup_of_a_source_raises_ends_the_run():
    def rows():
        try:
            yield from itertools.count()
        finally:
            raise OSError("cleanup")

    async def end(item):
        return LastWorkItem()

    with pytest.raises(OSError, match="cleanup"):
        play(Flow().add(end).run(rows))


@pytest.mark.parametrize("called", [True, False])
def test_a_blocking_iterable_is_read_on_an_executor(called):
    threads, began, go_on = set(), threading.Event(), threading.Event()

    def rows():
        for row in range(3):
            threads.add(threading.current_thread())
            began.set()
            go_on.wait(30)
            yield row

    async def main():
        flow = Flow().add(same)
        with ThreadPoolExecutor(1) as pool:
            running = asyncio.create_task(flow.run(rows() if called else rows, source_executor=pool))
            await asyncio.to_thread(began.wait, 30)  # the loop goes on meanwhile
            go_on.set()
            return await running

    assert asyncio.run(main()).counts["done"] == 3
    assert threads
    assert threading.main_thread() not in threads
