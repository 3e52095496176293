"""`key=`: items of one key one at a time, in order; those of other keys beside them."""

from __future__ import annotations

import asyncio
from collections import defaultdict

import pytest
from flow_samples import same
from hypothesis import given
from hypothesis import strategies as st

from framework.flow import FixedCapacity, Flow, LastWorkItem, Retry, router
from virtual_time import play

pytestmark = pytest.mark.timeout(60)


class Keyed:
    """Notes the order of each key, and fails when two items of a key are at work at once."""

    def __init__(self, fails=()):
        self.order = defaultdict(list)
        self.live = set()
        self.most = 0
        self.fails = dict.fromkeys(fails, 2)

    async def __call__(self, item):
        key, number = item
        assert key not in self.live
        self.live.add(key)
        self.most = max(self.most, len(self.live))
        await asyncio.sleep(0.01 * (number % 3))
        self.live.remove(key)
        if self.fails.get(item, 0):
            self.fails[item] -= 1
            raise ConnectionError(item)
        self.order[key].append(number)
        return item


@given(st.lists(st.integers(0, 3), max_size=40), st.integers(1, 4), st.integers(1, 4), st.sets(st.integers(0, 39)))
def test_items_of_one_key_keep_their_order_attempts_included(keys, workers, queue, failing):
    items = [(key, number) for number, key in enumerate(keys)]
    keyed = Keyed(items[number] for number in failing if number < len(items))
    flow = Flow(capacity=FixedCapacity(workers, queue)).add(keyed, key=lambda item: item[0], retry=Retry(3, wait=0.02))
    report = play(flow.add(same).run(items))
    assert report.counts["done"] == len(items)
    assert all(numbers == sorted(numbers) for numbers in keyed.order.values())


def test_other_keys_go_on_beside_a_busy_one():
    keyed = Keyed()
    play(Flow(capacity=FixedCapacity(4)).add(keyed, key=lambda item: item[0]).run([(n % 4, 2) for n in range(16)]))
    assert keyed.most == 4


def test_a_hot_key_does_not_let_the_queue_grow_beyond_its_bound():
    async def main():
        flow = Flow().add(Keyed(), FixedCapacity(2, 5), "keyed", key=lambda item: item[0])
        running = asyncio.create_task(flow.run([("hot", 1)] * 100))
        for _ in range(20):
            await asyncio.sleep(0.005)
            assert flow.snapshot().nodes["keyed"].waiting <= 5
        assert "behind another item of the same key" in flow.why_waiting()
        report = await running
        assert report.counts["done"] == 100

    play(main())


@pytest.mark.parametrize("ending", ["stop", "last"])
def test_what_waits_for_its_key_is_dropped_when_the_flow_ends(ending):
    async def main():
        flow = Flow().add(Keyed(), FixedCapacity(3, 10), key=lambda item: item[0])
        await flow.start()
        for _ in range(6):
            await flow.put(("hot", 2))
        await asyncio.sleep(0.01)
        if ending == "stop":
            await flow.stop()
        else:
            await flow.put(LastWorkItem(("hot", 1)))
            await flow.run()
        assert flow.report.counts["taken"] == flow.report.counts.ended

    play(main())


@pytest.mark.parametrize("key", [lambda item: 1 / 0, lambda item: []], ids=["raises", "no hash"])
def test_a_key_that_cannot_be_told_is_the_failure_of_its_item(key):
    report = play(Flow().add(same, key=key).run([1, 2]))
    assert report.counts["failed"] == 2


def test_an_item_whose_key_fails_is_tried_again_and_leaves_the_queue_each_time():
    def key(item):
        raise ConnectionError

    async def main():
        flow = Flow().add(same, key=key, retry=Retry(5, wait=0))
        await flow.put(1)
        await flow.drain()
        assert flow.report.jobs["same"].retried == 4
        assert flow.snapshot().nodes["same"].retrying == 0
        await flow.stop()

    play(main())


def test_items_of_one_key_go_through_a_router_and_its_arms_one_at_a_time():
    keyed = Keyed()
    way = router(lambda item: "even" if item[1] % 2 == 0 else "odd", even=keyed, odd=keyed)
    play(Flow(capacity=FixedCapacity(4)).add(way, key=lambda item: item[0]).run([(n % 2, n) for n in range(16)]))
    assert keyed.order == {0: [*range(0, 16, 2)], 1: [*range(1, 16, 2)]}
    assert keyed.most == 2
