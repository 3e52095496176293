"""Plain functions as jobs: in threads, in processes, on Dask."""

from __future__ import annotations

import asyncio
import multiprocessing
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextvars import ContextVar

import pytest
from flow_samples import results, same, square

from framework.errors import FlowError
from framework.flow import FixedCapacity, Flow
from virtual_time import settle

pytestmark = pytest.mark.timeout(60)


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
            await asyncio.wait_for(flow.stop(), 25)
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


def test_plain_functions_run_on_dask():
    distributed = pytest.importorskip("distributed")

    async def main(executor):
        assert await results(Flow().add(square, executor=executor), range(5)) == [0, 1, 4, 9, 16]

    with distributed.Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address=None) as client:
        asyncio.run(main(client.get_executor()))


def twice(item):
    yield item
    yield item * 10


class Twice:
    def __call__(self, item):
        yield from twice(item)


@pytest.mark.parametrize("processor", [twice, Twice()], ids=["function", "object"])
@pytest.mark.parametrize("history", [False, True], ids=["plain", "recorded"])
def test_what_a_generator_yields_in_an_executor_are_items_of_their_own(processor, history):
    got = []

    async def note(item):
        got.append(item)

    async def main():
        with ThreadPoolExecutor(2) as threads:
            flow = Flow(history=history).add(processor, executor=threads).add(note)
            last = Flow(history=history).add(processor, executor=threads)
            return await flow.run([1, 2]), await last.run([1, 2])

    for report in asyncio.run(main()):
        assert (report.counts["spawned"], report.counts["done"]) == (4, 6)
    assert sorted(got) == [1, 2, 10, 20]


def test_an_item_that_a_stop_finds_while_its_results_are_handed_on_is_dropped_and_told():
    told = []

    def several(item):
        yield from range(9)

    async def main():
        begun = asyncio.Event()

        async def stuck(item):
            begun.set()
            await asyncio.sleep(3600)

        with ThreadPoolExecutor(1) as threads:
            flow = Flow(capacity=FixedCapacity(1, 1)).add(several, executor=threads).add(stuck)
            flow.observe(lambda happening: told.append(getattr(happening, "outcome", "")))
            running = asyncio.create_task(flow.run([1]))
            await begun.wait()
            await settle()
            await flow.stop()
            return await running

    report = asyncio.run(main())
    assert report.counts.taken + report.counts.spawned == report.counts.ended
    assert told.count("dropped") == report.counts["dropped"]
