"""Async generators as processors: one item in, any number out."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing

import pytest
from flow_samples import results, same
from hypothesis import given
from hypothesis import strategies as st

from framework.flow import FixedCapacity, Flow, LastWorkItem, RouteToErrorQueue, StopProcessing
from framework.observe import ItemFinished
from virtual_time import play

pytestmark = pytest.mark.timeout(60)


async def split(text):
    for word in text.split():
        yield word


async def times(number):
    for part in range(number):
        await asyncio.sleep(0.001 * ((number + part) % 3))
        yield number, part


def balanced(report):
    return report.counts["taken"] + report.counts["spawned"] == report.counts.ended


def test_every_value_goes_to_the_next_job():
    flow = Flow().add(split).add(same)
    assert sorted(play(results(flow, ["a b", "", "c"]))) == ["a", "b", "c"]
    counts = flow.report.counts
    assert (counts.taken, counts.spawned, counts.done) == (3, 3, 6)
    assert flow.report.jobs["split"].counts["done"] == 3


@given(st.lists(st.integers(0, 4), max_size=12), st.integers(1, 3))
def test_results_keep_the_place_of_their_parent(numbers, workers):
    async def uneven(pair):
        await asyncio.sleep(0.001 * (sum(pair) % 4))
        return pair

    async def again(pair):
        yield pair
        yield pair

    flow = Flow(capacity=FixedCapacity(workers, 3)).add(times).add(uneven).add(again)
    expected = [(number, part) for number in numbers for part in range(number) for _ in range(2)]
    assert play(results(flow, numbers)) == expected
    assert balanced(flow.report)


def test_what_a_generator_yields_without_end_is_held_back_by_a_slow_reader():
    made = []

    async def endless(item):
        while True:
            made.append(item)
            yield item

    async def main():
        flow = Flow(capacity=FixedCapacity(1, 3)).add(endless)
        async with aclosing(flow.stream([1])) as reading:
            async for _ in reading:
                await asyncio.sleep(1)
                break

    play(main())
    assert len(made) < 50


def test_a_generator_that_fails_keeps_what_it_yielded_before():
    async def breaks(item):
        yield item
        raise ValueError(item)

    report = play(Flow().add(breaks).add(same).run([1, 2]))
    assert report.counts == {
        "taken": 2, "done": 2, "skipped": 0, "rerouted": 0, "failed": 2, "dropped": 0, "spawned": 2,
    }  # fmt: skip


@pytest.mark.parametrize(("signal", "outcome"), [(StopProcessing, "skipped"), (RouteToErrorQueue, "rerouted")])
def test_a_signal_is_the_end_of_the_parent(signal, outcome):
    async def speaks(item):
        yield item
        raise signal

    report = play(Flow().add(speaks).run([1]))
    assert (report.counts[outcome], report.counts["done"]) == (1, 1)


@pytest.mark.parametrize("extras", [{}, {"timeout": 100}, {"key": lambda _: 0}], ids=["plain", "timeout", "key"])
def test_a_last_work_item_that_is_yielded_ends_the_flow_and_closes_the_generator(extras):
    closed = []

    async def until_two(item):
        try:
            yield item
            if item == 2:
                yield LastWorkItem()
                raise AssertionError
        finally:
            closed.append(item)

    report = play(Flow(capacity=FixedCapacity(1)).add(until_two, **extras).add(same).run(range(100)))
    assert report.ended == "last work item"
    assert closed == [0, 1, 2]
    assert balanced(report)


@pytest.mark.parametrize("history", [False, True])
@pytest.mark.parametrize("extras", [{}, {"timeout": 5}, {"retry": 1}], ids=lambda extras: "".join(extras) or "plain")
@pytest.mark.parametrize("is_followed", [False, True], ids=["last", "followed"])
@pytest.mark.parametrize("gives_up", [LastWorkItem(), None], ids=["last work item", "stopped"])
def test_what_the_cleanup_of_a_generator_raises_is_a_failure_of_its_item(gives_up, is_followed, extras, history):
    async def untidy(item):
        try:
            yield item
            yield gives_up
            await asyncio.sleep(3600)
        finally:
            raise OSError("cleanup")

    async def main():
        flow = Flow(capacity=FixedCapacity(1), history=history).add(untidy, **extras)
        if is_followed:
            flow.add(same)
        running = asyncio.create_task(flow.run([1]))
        if gives_up is None:
            await asyncio.sleep(1)
            await flow.stop()
        return await running

    report = play(main())
    assert [(failure.event, str(failure.exception)) for failure in report.failures] == [(1, "cleanup")]
    assert (report.counts["failed"], report.counts["dropped"], report.problems) == (1, 0, ())
    assert balanced(report)


def test_the_time_that_the_next_job_takes_is_not_part_of_the_timeout(clock):
    async def two(item):
        yield 1
        yield 2

    async def slow(item):
        await asyncio.sleep(10)

    report = play(Flow(capacity=FixedCapacity(1, 1)).add(two, timeout=1).add(slow).run([1, 2, 3]))
    assert report.counts["failed"] == 0


def test_a_generator_that_takes_too_long_in_all_fails():
    async def slow(item):
        for part in range(5):
            await asyncio.sleep(1)
            yield part

    report = play(Flow().add(slow, timeout=2.5).run([1]))
    assert (report.counts["failed"], report.counts["spawned"]) == (1, 2)


def test_an_observer_is_told_the_parent():
    seen = []
    flow = Flow(capacity=FixedCapacity(1)).add(split).add(same)
    flow.observe(lambda happening: seen.append(happening) if isinstance(happening, ItemFinished) else None)
    play(flow.run(["a b"]))
    assert [(told.job, told.item, told.parent) for told in seen] == [
        ("split", "a b", None),
        ("same", "a", "a b"),
        ("same", "b", "a b"),
    ]


def test_a_plain_generator_function_on_an_executor_makes_several_items():
    def numbers(count):
        yield from range(count)

    async def main():
        with ThreadPoolExecutor(1) as threads:
            return await results(Flow().add(numbers, executor=threads).add(same), [2, 0, 3])

    assert asyncio.run(main()) == [0, 1, 0, 1, 2]


def test_an_error_job_may_be_a_generator():
    seen = []

    async def fails(item):
        raise ValueError(item)

    async def twice(item):
        yield item
        yield item

    async def note(item):
        seen.append(item)

    report = play(Flow().add(fails).error(Flow(name="mend").add(twice).add(note)).run([1]))
    assert seen == [1, 1]
    assert report.counts == {"taken": 1, "done": 0, "skipped": 0, "rerouted": 0, "failed": 1, "dropped": 0}


def test_what_is_yielded_fills_the_next_queue_to_its_bound_and_no_further():
    waiting = []

    async def many(number):
        for part in range(20):
            yield part

    async def watched(part):
        waiting.append(flow.snapshot().nodes["watched"].waiting)

    flow = Flow().add(many).add(watched, FixedCapacity(1, queue_length=3))
    play(flow.run([1]))
    assert len(waiting) == 20
    assert max(waiting) == 3


def test_a_generator_begins_no_more_often_than_its_rate():
    begun = []

    async def main():
        async def twice(item):
            begun.append(asyncio.get_running_loop().time())
            yield item
            yield item

        return await Flow(capacity=FixedCapacity(3)).add(twice, rate=2).run(range(4))

    assert play(main()).counts["spawned"] == 8
    assert begun == [0, 0.5, 1, 1.5]


async def countless(item):
    for number in range(1_000_000):
        yield number


LIMITS = {}, {"key": lambda _: 0}, {"timeout": 100}, {"retry": 2}, {"rate": 1000}


@pytest.mark.parametrize("limits", LIMITS, ids=lambda limits: "".join(limits) or "none")
@pytest.mark.parametrize("is_followed", [False, True], ids=["last", "followed"])
def test_a_generator_that_never_waits_starves_no_stop(limits, is_followed):
    async def main():
        flow = Flow().add(countless, **limits)
        if is_followed:
            flow.add(same)
        running = asyncio.create_task(flow.run([1]))
        await asyncio.sleep(0.05)
        await flow.stop()
        return await running

    report = asyncio.run(main())
    assert (report.ended, report.counts["spawned"] < 1_000_000) == ("stopped", True)


def test_a_generator_that_never_waits_exceeds_its_timeout():
    report = asyncio.run(Flow().add(countless, timeout=0.05).run([1]))
    assert (report.counts["failed"], report.counts["spawned"] < 1_000_000) == (1, True)
    assert isinstance(report.failures[0].exception, TimeoutError)
