"""Timeout, retry and rate of the calls of a job."""

from __future__ import annotations

import asyncio
import math

import pytest
from flow_samples import same, stuck

from framework.errors import OptionError
from framework.flow import FixedCapacity, Flow, Retry, RouteToErrorQueue, StopProcessing, UtilizationCapacity
from framework.flow.clock import sleep
from framework.observe import WorkersScaled
from virtual_time import play, settle

pytestmark = pytest.mark.timeout(60)


def test_a_call_that_takes_too_long_fails_with_a_timeout(clock):
    async def main():
        hang = asyncio.Event()

        async def slow(item):
            if item == 1:
                await hang.wait()
            return item

        flow = Flow(clock=clock).add(slow, timeout=3)
        running = asyncio.create_task(flow.run([0, 1, 2]))
        await clock.advance(2.9)
        assert flow.report.counts["failed"] == 0
        await clock.advance(0.1)
        report = await running
        assert (report.counts["done"], report.counts["failed"]) == (2, 1)
        assert isinstance(report.failures[0].exception, TimeoutError)
        assert clock.pending == 0

    play(main())


def test_stop_is_no_timeout(clock):
    async def main():
        flow = Flow(clock=clock).add(stuck, timeout=3)
        await flow.start()
        await flow.put(1)
        await settle()
        await flow.stop()
        assert flow.report.counts["dropped"] == 1

    play(main())


@pytest.mark.parametrize(("attempts", "calls", "done"), [(None, 1, 0), (1, 1, 0), (2, 2, 0), (3, 3, 1), (9, 3, 1)])
def test_retry_is_the_number_of_attempts_in_all(attempts, calls, done):
    made = []

    async def third_time(item):
        made.append(item)
        if len(made) < 3:
            raise ValueError(len(made))
        return item

    report = play(Flow().add(third_time, retry=attempts).run([1]))
    assert len(made) == calls
    assert report.counts["done"] == done


@pytest.mark.parametrize("signal", [StopProcessing(), RouteToErrorQueue()])
def test_signals_are_not_retried(signal):
    made = []

    async def speaks(item):
        made.append(item)
        raise signal

    play(Flow().add(speaks, retry=5).run([1]))
    assert made == [1]


def test_each_attempt_has_its_own_timeout(clock):
    async def main():
        made = []

        async def slow_once(item):
            made.append(clock.now())
            if len(made) == 1:
                await asyncio.sleep(1e6)
            return item

        flow = Flow(clock=clock).add(slow_once, retry=Retry(2, wait=0), timeout=3)
        running = asyncio.create_task(flow.run([1]))
        await clock.advance(3)
        assert (await running).counts["done"] == 1
        assert made == [0, 3]

    play(main())


def test_a_rate_spreads_the_calls_of_all_workers_evenly(clock):
    async def main():
        at = []

        async def note(item):
            at.append(clock.now())

        flow = Flow(clock=clock, capacity=FixedCapacity(3)).add(note, rate=2)
        running = asyncio.create_task(flow.run(range(5)))
        await clock.advance(10)
        await running
        assert at == [0, 0.5, 1, 1.5, 2]

    play(main())


def test_workers_that_wait_for_the_rate_are_blocked_and_not_at_work(clock):
    async def main():
        async def note(item):
            await sleep(clock, 0.25)

        flow = Flow(clock=clock, capacity=FixedCapacity(3)).add(note, rate=1)
        running = asyncio.create_task(flow.run(range(20)))
        await clock.advance(10.1)
        job = flow.snapshot().nodes["note"]
        assert (job.workers, job.running, job.blocked) == (3, 1, 2)
        await clock.advance(20)
        report = await running
        assert report.jobs["note"].busy_seconds == pytest.approx(20 * 0.25)

    play(main())


def test_a_rate_that_holds_items_back_starts_no_worker(clock):
    async def main():
        async def note(item):
            pass

        scaled = []
        flow = Flow(clock=clock, capacity=UtilizationCapacity(cooldown=0, dampening=0)).add(note, rate=1)
        flow.observe(lambda happening: scaled.append(happening) if isinstance(happening, WorkersScaled) else None)
        running = asyncio.create_task(flow.run(range(20)))
        await clock.advance(30)
        await running
        assert not scaled

    play(main())


@pytest.mark.parametrize(
    "options",
    [
        {"timeout": 0},
        {"timeout": -1},
        {"timeout": math.inf},
        {"timeout": "soon"},
        {"timeout": True},
        {"retry": 0},
        {"retry": 1.5},
        {"rate": 0},
        {"rate": math.nan},
        {"batch": 0},
        {"batch": 2.5},
        {"key": 0},
        {"key": same},
    ],
    ids=" ".join,
)
def test_extras_that_make_no_sense_are_refused(options):
    with pytest.raises(OptionError):
        Flow().add(same, **options)
