"""Stopping and cancelling a flow, whatever it is doing."""

from __future__ import annotations

import asyncio

import pytest
from flow_samples import pause, same

from framework.errors import OptionError
from framework.flow import FixedCapacity, Flow
from virtual_time import play

pytestmark = pytest.mark.timeout(30)


def test_stop_is_harmless_before_the_start_and_twice():
    async def main():
        flow = Flow().add(same)
        await flow.stop()
        await flow.start()
        await flow.stop()
        await flow.stop()

    play(main())


def test_stop_takes_little_more_than_its_grace_although_a_processor_clings_to_its_item():
    async def clings(item):
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                if item == "gives in the second time":
                    await asyncio.sleep(3600)
                raise

    async def main():
        flow = Flow().add(clings)
        await flow.start()
        await flow.put("gives in the second time")
        await asyncio.sleep(1)
        began = asyncio.get_running_loop().time()
        await flow.stop(grace=0.4)
        assert asyncio.get_running_loop().time() - began < 1
        assert flow.report.counts["dropped"] == 1
        assert flow.report.cut_off == ("flow/clings",)

    play(main())


@pytest.mark.parametrize("ending", ["stop", "run"])
def test_a_cancelled_stop_still_waits_until_everything_is_gone(ending):
    async def slow_to_go(item):
        try:
            await asyncio.sleep(3600)
        finally:
            await asyncio.sleep(0.1)

    async def main():
        flow = Flow().add(slow_to_go)
        running = asyncio.create_task(flow.run([1]))
        await asyncio.sleep(1)
        stopping = running if ending == "run" else asyncio.create_task(flow.stop())
        running.cancel()
        await asyncio.sleep(0.05)
        stopping.cancel()
        await asyncio.wait({stopping, running})
        assert stopping.cancelled()
        assert not flow.running

    play(main())


def test_a_processor_that_ignores_its_cancellation_is_left_behind_and_counted(caplog):
    free = []

    async def never(item):
        while not free:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                continue

    async def main():
        flow = Flow().add(never)
        await flow.start()
        await flow.put(1)
        await asyncio.sleep(0)
        began = asyncio.get_running_loop().time()
        await flow.stop()
        assert 5 < asyncio.get_running_loop().time() - began < 6
        assert flow.report.counts["dropped"] == flow.report.counts["taken"] == 1
        free.append(True)
        await asyncio.sleep(7200)

    play(main())
    assert "does not end although it was cancelled twice" in caplog.text


def test_stop_drops_what_is_queued_and_counts_it():
    async def main():
        flow = Flow(capacity=FixedCapacity(1, 5)).add(pause)
        await flow.start()
        for item in range(4):
            await flow.put(item)
        await asyncio.sleep(1.5)
        await flow.stop()
        assert flow.report.counts == {"taken": 4, "done": 1, "skipped": 0, "rerouted": 0, "failed": 0, "dropped": 3}
        assert flow.report.ended == "stopped"

    play(main())


def test_a_cancelled_run_leaves_no_task_and_keeps_its_report():
    async def main():
        flow = Flow().add(pause)
        running = asyncio.create_task(flow.run(range(100)))
        await asyncio.sleep(2.5)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert flow.report.ended == "cancelled"
        assert flow.report.counts["done"] > 0
        assert flow.report.counts["taken"] == flow.report.counts.ended

    play(main())


def test_cancelling_start_while_a_resource_is_entered_leaves_nothing():
    class Slow:
        async def __aenter__(self):
            await asyncio.sleep(1000)

        async def __aexit__(self, *_):
            raise AssertionError("never entered")

        async def __call__(self, item):
            return item

    async def main():
        flow = Flow().add_job_with_factory(Slow())
        starting = asyncio.create_task(flow.start())
        await asyncio.sleep(1)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting
        assert not flow.running

    play(main())


@pytest.mark.parametrize("turns", range(12))
def test_a_stop_at_any_moment_of_the_start_leaves_no_source_behind(turns):
    async def hangs():
        await asyncio.sleep(1e6)
        yield 1

    async def main():
        flow = Flow().add(same)
        running = asyncio.create_task(flow.run(hangs()))
        for _ in range(turns):
            await asyncio.sleep(0)
        await flow.stop()
        if turns:
            assert (await running).ended == "stopped"
        else:  # it had not begun
            running.cancel()
            await asyncio.wait({running})

    play(main())


def test_a_body_that_never_waits_starves_neither_timers_nor_stop():
    async def main():
        flow = Flow().add(same).add(same)

        async def endless():
            number = 0
            while True:
                number += 1
                yield number

        running = asyncio.create_task(flow.run(endless()))
        await asyncio.sleep(0.05)
        await asyncio.wait_for(flow.stop(), 10)
        assert (await running).ended == "stopped"

    asyncio.run(main())


def test_cancelling_a_second_start_leaves_the_flow_alone():
    async def main():
        flow = Flow().add(same)
        await flow.start()
        second = asyncio.create_task(flow.start())
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.wait({second})
        assert second.cancelled()
        assert flow.running
        await flow.stop()

    play(main())


def test_a_flow_that_is_torn_down_before_it_began_is_cancelled():
    async def main():
        running = asyncio.create_task(Flow(name="brief").add(same).run([1]))
        await asyncio.sleep(0)
        (supervisor,) = [task for task in asyncio.all_tasks() if task.get_name() == "brief/supervisor"]
        supervisor.cancel()  # as a framework does with the tasks that a test or a request has left
        await asyncio.wait({running})
        assert running.cancelled()

    play(main())


@pytest.mark.parametrize("extras", [{}, {"batch": 1}], ids=["item", "batch"])
def test_what_was_left_behind_hands_nothing_on(extras):
    free, seen = [], []

    async def never(item):
        while not free:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                continue
        return item

    async def note(item):
        seen.append(item)

    async def main():
        flow = Flow(capacity=FixedCapacity(1)).add(never, **extras).add(note)
        await flow.start()
        await flow.put(1)
        await asyncio.sleep(0)
        await flow.stop()
        free.append(True)
        await asyncio.sleep(7200)
        assert flow.report.counts == {"taken": 1, "done": 0, "skipped": 0, "rerouted": 0, "failed": 0, "dropped": 1}

    play(main())
    assert seen == []


def test_a_cancelled_item_of_what_was_left_behind_is_counted_once():
    cancelled = []

    async def never(item):
        while len(cancelled) < 2:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                cancelled.append(item)
        await asyncio.sleep(3600)

    async def main():
        flow = Flow(capacity=FixedCapacity(1), name="sticky").add(never)
        await flow.start()
        await flow.put(1)
        await asyncio.sleep(0)
        (worker,) = [task for task in asyncio.all_tasks() if task.get_name() == "sticky/never"]
        await flow.stop()
        worker.cancel()
        await asyncio.wait({worker})
        assert flow.report.counts["dropped"] == flow.report.counts["taken"] == 1

    play(main())


@pytest.mark.parametrize("grace", ["5", -1, True])
def test_a_grace_that_makes_no_sense_stops_nothing(grace):
    async def main():
        flow = Flow().add(same)
        await flow.start()
        with pytest.raises(OptionError, match="seconds"):
            await flow.stop(grace=grace)
        await flow.put(1)
        assert (await flow.run()).counts["done"] == 1

    play(main())


def test_a_processor_that_stops_its_own_flow_is_cancelled_at_once():
    flow = Flow(capacity=FixedCapacity(1))

    async def stops(item):
        await asyncio.create_task(flow.stop()) if item == 1 else await flow.stop()

    async def main(item):
        began = asyncio.get_running_loop().time()
        report = await flow.run([item])
        assert asyncio.get_running_loop().time() == began
        assert (report.ended, report.counts["dropped"], report.cut_off) == ("stopped", 1, ())

    flow.add(stops)
    play(main(0))
    play(main(1))


def test_nothing_is_said_to_be_cut_off_that_ends_when_it_is_cancelled_although_it_gets_no_grace():
    async def main():
        flow = Flow(capacity=FixedCapacity(2)).add(pause).add(same)
        running = asyncio.create_task(flow.run(range(9)))
        await asyncio.sleep(0.5)
        await flow.stop(grace=0)
        report = await running
        assert report.cut_off == ()
        assert [finding.kind for finding in report.findings] == ["items left"]

    play(main())
