"""Scaling: jobs that follow decisions on a clock moved by hand, and what is refused."""

from __future__ import annotations

import asyncio

import pytest

from framework.errors import FlowError, FrameworkError, OptionError
from framework.flow import (
    Capacity,
    Decision,
    FixedCapacity,
    Flow,
    Strategy,
    UtilizationCapacity,
)
from framework.flow.capacity import validated
from virtual_time import ManualClock, play, settle

pytestmark = pytest.mark.timeout(30)


class Load:
    """Bodies that work until they are released."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()

    async def body(self, item):
        await self.gate.wait()
        return item


async def started(clock: ManualClock, capacity: Capacity, strategy=Strategy.UTILIZATION, items=10):
    load = Load()
    flow = Flow(strategy, clock=clock).add(load.body, capacity, "job")
    await flow.start()
    for item in range(items):
        await flow.put(item)
    return flow, load


def sizes(flow):
    return [(s.before, s.after, s.reason, s.at) for s in flow.report.scalings]


def test_a_job_scales_up_under_load_and_down_when_it_is_over(clock):
    async def main():
        flow, load = await started(clock, UtilizationCapacity(cooldown=15, queue_length=20))
        await clock.advance(14.9)
        assert sizes(flow) == []
        await clock.advance(0.1)
        assert sizes(flow) == [(3, 5, "3->5: 1.00 > 0.70 for 10 s", 15.0)]
        load.gate.set()
        await clock.advance(200)
        assert [(before, after) for before, after, *_ in sizes(flow)] == [(3, 5), (5, 4), (4, 3), (3, 2), (2, 1)]
        await flow.stop()
        assert flow.report.counts["done"] == 10
        assert clock.pending == 0

    play(main())


def test_scaling_down_loses_no_item(clock):
    async def main():
        capacity = UtilizationCapacity(5, 0, 5, 50, cooldown=0, dampening=0, sampling=1, downscaling_rate=5)
        flow, load = await started(clock, capacity, items=0)
        for round_ in range(10):
            await clock.advance(1)
            assert flow.snapshot().nodes["job"].workers == 0
            await flow.put(round_)
            await settle()
            assert flow.snapshot().nodes["job"].workers == 1
            load.gate.set()
        await flow.run()
        assert flow.report.counts["done"] == 10

    play(main())


def test_a_job_scaled_to_zero_comes_back_when_an_item_waits(clock):
    async def main():
        capacity = UtilizationCapacity(1, 0, 5, cooldown=1, sampling=1, dampening=1)
        flow, load = await started(clock, capacity, items=0)
        load.gate.set()
        await clock.advance(10)
        assert flow.snapshot().nodes["job"].workers == 0
        await flow.put(1)
        await settle()
        assert flow.report.jobs["job"].counts["done"] == 1
        assert [reason for *_, reason, _ in sizes(flow)] == ["1->0: 0.00 < 0.50 for 1 s", "0->1: an item waits"]
        await flow.stop()

    play(main())


def test_a_flow_that_starts_with_no_workers_runs(clock):
    async def main():
        report = await Flow(clock=clock, capacity=UtilizationCapacity(0, 0, 2)).add(_same).add(_same).run(range(50))
        assert report.counts["done"] == 50

    play(main())


async def _same(item):
    return item


def test_a_fixed_strategy_takes_no_samples(clock):
    async def main():
        flow, load = await started(clock, UtilizationCapacity(), Strategy.FIXED)
        assert clock.pending == 0
        load.gate.set()
        await flow.run()

    play(main())


def test_one_capacity_serves_many_jobs_and_may_change_between_runs(clock):
    async def main():
        capacity = FixedCapacity(2)
        flow = Flow(clock=clock, capacity=capacity).add(_same).add(_same)
        await flow.start()
        capacity.initial_workers = capacity.min_workers = capacity.max_workers = 4
        assert [len(job._workers) for job in flow._jobs] == [2, 2]
        await flow.stop()
        await flow.start()
        assert [len(job._workers) for job in flow._jobs] == [4, 4]
        await flow.stop()

    play(main())


class OneMore:
    """A strategy of a user."""

    def decide(self, snapshot, capacity, state, now):
        target = min(snapshot.workers + 1, capacity.max_workers)
        return Decision(target, f"{now:g}: {target}", (state or 0) + 1)


def test_strategies_are_pluggable(clock):
    async def main():
        flow, load = await started(clock, UtilizationCapacity(1, 1, 3, 20), OneMore())
        await clock.advance(20)
        assert [reason for *_, reason, _ in sizes(flow)] == ["5: 2", "10: 3"]
        load.gate.set()
        await flow.run()

    play(main())


class Blink:
    """One worker, none, two, none, and so on."""

    def decide(self, snapshot, capacity, state, now):
        target = 2 if snapshot.workers == 0 else 0
        return Decision(target, f"{snapshot.workers}->{target}")


def test_workers_that_come_back_without_an_item_take_the_next_one(clock):
    async def main():
        flow, load = await started(clock, UtilizationCapacity(1, 0, 2), Blink(), items=0)
        load.gate.set()
        for item in range(12):
            await clock.advance(10)
            assert flow.snapshot().nodes["job"].idle == 2
            await flow.put(item)
            await settle()
            assert flow.report.counts["done"] == item + 1
        await flow.stop()

    play(main())


class Returns:
    def __init__(self, made):
        self.made = made

    def decide(self, snapshot, capacity, state, now):
        if isinstance(self.made, Exception):
            raise self.made
        return self.made


@pytest.mark.parametrize(
    ("made", "error", "says"),
    [
        (ZeroDivisionError("oops"), ZeroDivisionError, "oops"),
        (None, FlowError, "return Decision"),
        (7, FlowError, "return Decision"),
        (Decision("many"), FlowError, "whole number"),
        (Decision(99), OptionError, r"1\.\.5"),
        (Decision(-1), OptionError, r"1\.\.5"),
    ],
)
def test_a_strategy_that_fails_or_returns_nonsense_ends_the_run_cleanly(clock, made, error, says):
    async def main():
        flow, _ = await started(clock, UtilizationCapacity(queue_length=20), Returns(made))
        running = asyncio.create_task(flow.run())
        await clock.advance(5)
        with pytest.raises(error, match=says) as caught:
            await running
        assert "while scaling job" in str(getattr(caught.value, "__notes__", ""))
        assert not flow.running
        assert flow.report.ended == "failed"
        assert flow.report.counts["dropped"] == 10

    play(main())


def _changed(capacity, **values):
    for name, value in values.items():
        setattr(capacity, name, value)
    return capacity


@pytest.mark.parametrize("strategy", [None, "utilization", OneMore, object()])
def test_what_is_no_strategy_is_refused(strategy):
    with pytest.raises(FlowError, match="decide"):
        Flow(strategy)


@pytest.mark.parametrize(
    "capacity",
    [
        Capacity(min_workers=6),
        Capacity(max_workers=0),
        Capacity(queue_length=0),
        Capacity(initial_workers=-1),
        Capacity(max_workers=2.5),
        Capacity(queue_length=True),
        UtilizationCapacity(cooldown=-1),
        UtilizationCapacity(sampling=0),
        UtilizationCapacity(dampening=float("nan")),
        UtilizationCapacity(upscaling_rate=-1),
        UtilizationCapacity(lower_threshold=0.9, upper_threshold=0.1),
        UtilizationCapacity(sampling="often"),
        FixedCapacity(0),
        _changed(FixedCapacity(2), max_workers=5),
    ],
    ids=repr,
)
def test_impossible_capacities_are_refused_at_the_start(capacity):
    async def main():
        flow = Flow().add(_same, capacity)
        with pytest.raises(OptionError) as caught:
            await flow.start()
        assert isinstance(caught.value, (FrameworkError, ValueError))
        assert not flow.running

    play(main())


def test_the_initial_number_is_brought_into_the_range():
    assert validated(UtilizationCapacity(max_workers=2)).initial_workers == 2
    assert validated(UtilizationCapacity(min_workers=5)).initial_workers == 5


def test_the_default_capacity_is_the_promised_one():
    assert UtilizationCapacity() == UtilizationCapacity(3, 1, 5, 10, 0.5, 0.7, 15, 5, 10, 2, 1)


class OneLess:
    """A strategy that does not look who is at work."""

    def decide(self, snapshot, capacity, state, now):
        return Decision(capacity.min_workers, f"{snapshot.workers}->{capacity.min_workers}")


def test_workers_that_are_at_work_are_not_sent_away_whatever_a_strategy_wants(clock):
    async def main():
        flow, load = await started(clock, UtilizationCapacity(4, 1, 4), OneLess(), items=3)
        await clock.advance(5)
        assert [(before, after) for before, after, *_ in sizes(flow)] == [(4, 3)]
        load.gate.set()
        await flow.run()
        assert flow.report.counts["done"] == 3

    play(main())


def test_utilization_leaves_capacities_of_other_kinds_as_they_are(clock):
    class Mine(Capacity):
        """Made for a strategy of the user's own."""

    async def main():
        flow, load = await started(clock, Mine(3, 1, 9, 20))
        await clock.advance(100)
        assert sizes(flow) == []
        load.gate.set()
        await flow.run()

    play(main())


def test_workers_that_were_cancelled_from_outside_are_replaced_and_said(clock, caplog):
    async def main():
        flow, load = await started(clock, UtilizationCapacity(3, 2, 5), items=0)
        await settle()
        for task in asyncio.all_tasks():
            if task.get_name().endswith("/job"):
                task.cancel()
        await settle()
        assert flow.snapshot().nodes["job"].workers == 3
        load.gate.set()
        report = await flow.run(range(4))
        assert report.counts["done"] == 4
        assert len(report.problems) == 3

    play(main())
    assert "a worker of job was ended from outside and is replaced" in caplog.text
