"""Routers: each item goes to the arm of its label."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest
from flow_samples import plus_one, results, same, square

from framework.errors import FlowError
from framework.flow import FixedCapacity, Flow, UtilizationCapacity, router
from virtual_time import play

pytestmark = pytest.mark.timeout(60)


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


def test_an_item_that_fits_no_arm_is_dropped_with_that_reason():
    report = play(Flow().add(router(parity, odd=same)).run([1, 2]))
    assert (report.counts["done"], report.counts["dropped"]) == (1, 1)
    assert report.reasons == {"no arm of router for 'even'": 1}


def test_an_item_that_fits_no_arm_goes_to_the_default():
    assert play(results(Flow().add(router(parity, odd=same, default=times_ten)), [1, 2])) == [1, 20]
    assert play(results(Flow().add(router(len, a=same, b=times_ten, default="b")), ["x"])) == ["x" * 10]


def test_arms_are_jobs_of_their_own_under_dotted_names():
    flow = Flow().add(router(parity, odd=same, even=Flow().add(plus_one).add(times_ten), name="dispatch")).add(same)
    assert play(results(flow, range(4))) == [10, 1, 30, 3]
    names = ["dispatch", "dispatch.odd", "dispatch.even.plus_one", "dispatch.even.times_ten", "same"]
    assert list(flow.snapshot().nodes) == list(flow.report.jobs) == names
    assert [(edge.source, edge.target, edge.label) for edge in flow.graph().edges] == [
        ("dispatch", "dispatch.odd", "odd"),
        ("dispatch", "dispatch.even.plus_one", "even"),
        ("dispatch.odd", "same", ""),
        ("dispatch.even.plus_one", "dispatch.even.times_ten", ""),
        ("dispatch.even.times_ten", "same", ""),
    ]
    assert flow.report.jobs["dispatch.odd"].counts["done"] == 2


def test_arms_scale_apart(clock):
    gate = asyncio.Event()

    async def slow(item):
        await gate.wait()

    async def main():
        flow = Flow(clock=clock, capacity=UtilizationCapacity(1, 1, 4)).add(router(parity, odd=slow, even=same))
        running = asyncio.create_task(flow.run(range(12)))
        await clock.advance(60)
        nodes = flow.snapshot().nodes
        assert (nodes["router.odd"].workers, nodes["router.even"].workers) == (4, 1)
        gate.set()
        assert (await running).counts["done"] == 12

    play(main())


def test_an_arm_may_be_a_factory():
    made = []

    class Worker:
        def __init__(self):
            made.append(self)

        async def __call__(self, item):
            return item + 1

    @asynccontextmanager
    async def entered():
        yield times_ten

    flow = Flow(capacity=FixedCapacity(2)).add(router(parity, odd=Worker, even=entered))
    assert play(results(flow, range(4))) == [0, 2, 20, 4]
    assert len(made) == 2


def test_a_label_without_a_hash_is_the_failure_of_its_item():
    report = play(Flow().add(router(lambda item: [item], odd=same)).run([1]))
    assert "has no hash: return one of odd" in str(report.failures[0].exception)


def test_a_router_with_bad_parts_is_refused():
    with pytest.raises(FlowError, match="label"):
        router("odd", a=same)
    with pytest.raises(FlowError, match="without arms"):
        router(parity)
    with pytest.raises(FlowError, match="executor="):
        router(parity, odd=square)
