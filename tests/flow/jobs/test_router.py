"""Routers: each item goes to the arm of its label."""

from __future__ import annotations

import asyncio

import pytest
from flow_samples import plus_one, results, same, square

from framework.errors import FlowError
from framework.flow import Flow, router
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
