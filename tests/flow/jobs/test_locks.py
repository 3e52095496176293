"""Jobs that hold a lock, or what a pool gives, around each item."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest
from flow_samples import double, results, same

from framework.errors import FlowError
from framework.flow import FixedCapacity, Flow
from virtual_time import play

pytestmark = pytest.mark.timeout(30)


@pytest.mark.parametrize("lock", [5, None, "lock"])
def test_what_cannot_be_held_is_refused(lock):
    with pytest.raises(FlowError, match="resource manager"):
        Flow().add_job_with_lock(double, lock)


@pytest.mark.parametrize(("lock", "peak"), [(asyncio.Lock, 1), (lambda: asyncio.Semaphore(2), 2)])
def test_a_lock_is_held_around_each_item(lock, peak):
    live, seen = [], []

    async def process(item):
        live.append(item)
        seen.append(len(live))
        await asyncio.sleep(1)
        live.remove(item)

    async def main():
        await Flow(capacity=FixedCapacity(4)).add_job_with_lock(process, lock()).run(range(8))

    play(main())
    assert max(seen) == peak


def test_a_processor_with_a_second_parameter_gets_what_the_pool_gives():
    free = ["a", "b"]

    @asynccontextmanager
    async def connection():
        mine = free.pop()
        try:
            yield mine
        finally:
            free.append(mine)

    async def process(item, using):
        return f"{item} by {using}"

    async def main():
        flow = Flow(capacity=FixedCapacity(2)).add_job_with_lock(process, connection, timeout=5)
        assert await results(flow, [1]) == ["1 by b"]

    play(main())
    assert sorted(free) == ["a", "b"]


def test_an_error_job_can_hold_a_lock():
    lock = asyncio.Lock()
    held = []

    async def fails(item):
        raise ValueError

    async def handle(item):
        held.append(lock.locked())

    play(Flow().add(fails).error_with_lock(handle, lock).run([1, 2]))
    assert held == [True, True]


def test_a_context_manager_made_by_contextlib_is_held_around_each_item_anew():
    held = []

    @asynccontextmanager
    async def session():
        held.append("entered")
        yield len(held)
        held.append("left")

    async def process(item, number):
        return item, number

    flow = Flow(capacity=FixedCapacity(1)).add_job_with_lock(process, session())
    assert play(results(flow, [1, 2])) == [(1, 1), (2, 3)]
    assert held == ["entered", "left"] * 2


def test_an_item_whose_resource_manager_swallows_the_error_fails_instead_of_handing_on_none():
    class Swallows:
        async def __aenter__(self):
            return self

        async def __aexit__(self, *_):
            return True

    async def fails(item):
        raise ValueError(item)

    flow = Flow().add_job_with_lock(fails, Swallows()).add(same)
    report = play(flow.run([1]))
    assert (report.counts["failed"], report.jobs["same"].counts["taken"]) == (1, 0)
    assert "Swallows" in str(report.failures[0].exception)
