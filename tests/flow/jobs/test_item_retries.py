"""`retry=`: what is tried again, how often, and what a waiting item costs."""

from __future__ import annotations

import asyncio
import logging
from itertools import pairwise

import pytest
import tenacity
from flow_samples import same

from framework.flow import FixedCapacity, Flow, LastWorkItem, Retry
from virtual_time import play, settle

pytestmark = pytest.mark.timeout(60)


def failing(times, error=ConnectionError, calls=None):
    """A processor that fails so many times on each item; `calls` gets the time of each call."""
    tried = {}

    async def flaky(item):
        tried[item] = tried.get(item, 0) + 1
        if calls is not None:
            calls.append(asyncio.get_running_loop().time())
        if tried[item] <= times:
            raise error(item)
        return item

    return flaky


def test_attempts_wait_longer_each_time_and_not_all_the_same():
    calls = []
    play(Flow().add(failing(4, calls=calls), retry=5).run([1]))
    waits = [later - earlier for earlier, later in pairwise(calls)]
    shares = [wait / least for wait, least in zip(waits, (0.1, 0.2, 0.4, 0.8), strict=True)]
    assert all(1 <= share <= 2 for share in shares)
    assert len({round(share, 6) for share in shares}) > 1


@pytest.mark.parametrize(
    ("policy", "at"),
    [
        (Retry(3, wait=2), [0, 2, 4]),
        (Retry(3, wait=0), [0, 0, 0]),
        (Retry(3, wait=tenacity.wait_incrementing(1, 5)), [0, 1, 7]),
        (Retry(3, wait=2, wait_from=lambda error: error.args[0]), [0, 7, 14]),
        (Retry(3, wait=2, wait_from=lambda error: None), [0, 2, 4]),
    ],
    ids=["fixed", "at once", "tenacity", "from the error", "not from the error"],
)
def test_how_long_to_wait_is_the_users_choice(policy, at):
    calls = []
    play(Flow().add(failing(2, calls=calls), retry=policy).run([7]))
    assert calls == at


def test_only_errors_that_are_named_are_tried_again():
    flow = Flow().add(failing(1, KeyError), retry=Retry(3, wait=0, on=(OSError, TimeoutError)))
    report = play(flow.run([1]))
    assert (report.counts["failed"], report.jobs["flaky"].retried) == (1, 0)


def test_a_group_is_tried_again_when_all_its_errors_are_named():
    tried = []

    async def fetch(item):
        tried.append(item)
        async with asyncio.TaskGroup() as group:
            group.create_task(failing(1, OSError if len(tried) < 3 else KeyError)(item))

    report = play(Flow().add(fetch, retry=Retry(9, wait=0, on=OSError)).run([1]))
    assert len(tried) == 3
    assert report.counts["failed"] == 1


def test_a_waiting_item_holds_no_worker_and_keeps_the_flow_open():
    async def main():
        flow = Flow().add(failing(1), FixedCapacity(4), retry=Retry(2, wait=1))
        running = asyncio.create_task(flow.run(range(1000)))
        await asyncio.sleep(0.5)
        node = flow.snapshot().nodes["flaky"]
        assert (node.retrying, node.idle, node.waiting) == (1000, 4, 0)
        assert "1,000 items waiting for another attempt" in flow.why_waiting()
        report = await running
        assert report.counts["done"] == 1000
        assert report.jobs["flaky"].retried == 1000
        assert asyncio.get_running_loop().time() < 3

    play(main())


def test_a_stop_drops_what_waits_for_another_attempt():
    async def main():
        flow = Flow().add(failing(9), retry=Retry(2, wait=1000))
        await flow.start()
        await flow.put(1)
        await settle()
        await flow.stop()
        assert flow.report.counts["dropped"] == 1
        assert flow.report.reasons == {"the flow was stopped": 1}

    play(main())


def test_a_last_work_item_waits_for_another_attempt_that_is_under_way():
    report = play(Flow(capacity=FixedCapacity(1)).add(failing(1), retry=Retry(2, wait=9)).run([1, LastWorkItem(), 2]))
    assert (report.counts["done"], report.counts["dropped"]) == (1, 1)
    assert report.reasons == {"a LastWorkItem has ended the flow": 1}


def test_failed_items_of_a_batch_are_tried_again_alone():
    batches = []

    async def several(items):
        batches.append(items)
        if len(items) > 1:
            return [ValueError(item) if item % 2 else item for item in items]
        return [items[0] * 10]

    flow = Flow(capacity=FixedCapacity(1, 10)).add(several, batch=4, retry=Retry(2, wait=0)).add(same)
    report = play(flow.run(range(4)))
    assert batches == [[0], [1, 2, 3], [3], [1]] or sorted(map(len, batches))[:2] == [1, 1]
    assert report.counts["done"] == 4


def test_a_generator_that_fails_hands_nothing_on_before_it_succeeds():
    attempts, seen = [], []

    async def split(item):
        attempts.append(item)
        yield 1
        if len(attempts) == 1:
            raise ValueError
        yield 2

    async def note(item):
        seen.append(item)

    report = play(Flow().add(split, retry=Retry(2, wait=0)).add(note).run(["x"]))
    assert seen == [1, 2]
    assert report.counts["spawned"] == 2


def test_an_error_job_may_try_again():
    async def fails(item):
        raise KeyError(item)

    report = play(Flow().add(fails).error(failing(2), retry=Retry(3, wait=1)).run([1]))
    assert report.jobs["flaky"].counts["done"] == 1
    assert report.counts["failed"] == 1


def test_attempts_are_logged_for_debugging(caplog):
    caplog.set_level(logging.DEBUG, "framework.flow")
    play(Flow().add(failing(1), retry=Retry(2, wait=3)).run([7]))
    assert "flaky: attempt 1 of 2 failed (ConnectionError: 7), the next in 3 s: 7" in caplog.text


def test_a_function_of_the_wait_that_fails_is_part_of_the_failure():
    report = play(Flow().add(failing(9), retry=Retry(3, wait_from=lambda error: 1 / 0)).run([1]))
    assert "how long to wait for another attempt cannot be told: ZeroDivisionError" in report.failures[0].traceback


def test_an_item_that_is_tried_again_makes_the_queue_no_longer():
    tried, handed, ahead = [], [], []

    def source():
        for item in range(40):
            handed.append(item)
            yield item

    async def work(item):
        ahead.append(len(handed) - len(tried) / 2)
        tried.append(item)
        if tried.count(item) == 1:
            raise ValueError(item)

    flow = Flow().add(work, capacity=FixedCapacity(1, queue_length=2), retry=Retry(2, wait=0))
    assert play(flow.run(source())).counts["done"] == 40
    assert max(ahead) <= 5  # two in the queue, one at work, one that goes first, one in the hand of the source
