"""Factories: how many processors they make, and when those are released."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest
from flow_samples import double, pause, results

from framework.errors import FlowError
from framework.flow import FixedCapacity, Flow, UtilizationCapacity
from virtual_time import play, settle

pytestmark = pytest.mark.timeout(30)


@pytest.mark.parametrize("factory", [5, None, "pool"])
def test_what_cannot_be_a_factory_is_refused(factory):
    with pytest.raises(FlowError, match="factory"):
        Flow().add_job_with_factory(factory)


def test_a_factory_that_makes_no_processor_ends_the_start():
    async def main():
        flow = Flow().add_job_with_factory(lambda: 5)
        with pytest.raises(FlowError, match="async function"):
            await flow.start()
        assert not flow.running

    play(main())


class Session:
    made = 0

    def __init__(self, log):
        self.log = log

    async def __aenter__(self):
        self.log.append("enter")
        return self

    async def __aexit__(self, *_):
        self.log.append("exit")

    async def __call__(self, item):
        return item


def test_a_callable_factory_makes_one_processor_per_worker_and_each_is_released():
    log = []

    async def main():
        flow = Flow(capacity=FixedCapacity(3)).add_job_with_factory(lambda: Session(log))
        await flow.start()
        assert log == ["enter"] * 3
        await flow.run(range(10))

    play(main())
    assert log == ["enter"] * 3 + ["exit"] * 3


def test_a_factory_may_be_a_coroutine_function_or_a_context_manager_function():
    async def make():
        return double

    @asynccontextmanager
    async def entered():
        yield double

    assert play(results(Flow().add_job_with_factory(make), [4])) == [8]
    assert play(results(Flow().add_job_with_factory(entered), [4])) == [8]


def test_a_processor_is_released_when_its_worker_retires(clock):
    log = []

    async def main():
        capacity = UtilizationCapacity(2, 0, 2, cooldown=1, sampling=1, dampening=1)
        flow = Flow(clock=clock).add_job_with_factory(lambda: Session(log), capacity)
        await flow.start()
        await clock.advance(5)
        assert log == ["enter", "enter", "exit", "exit"]
        await flow.stop()

    play(main())


@pytest.mark.parametrize("ending", ["stop", "cancel", "fail"])
def test_processors_are_released_whatever_happens(ending):
    log = []

    def source():
        yield 1
        if ending == "fail":
            raise OSError("gone")
        yield 2

    class Slow(Session):
        async def __call__(self, item):
            await asyncio.sleep(1000)

    async def main():
        flow = Flow(capacity=FixedCapacity(2)).add_job_with_factory(lambda: Slow(log))
        running = asyncio.create_task(flow.run(source()))
        await asyncio.sleep(1)
        if ending == "stop":
            await flow.stop()
        elif ending == "cancel":
            running.cancel()
        await asyncio.wait({running})
        assert ending == "stop" or running.cancelled() or running.exception()

    play(main())
    assert log == ["enter", "enter", "exit", "exit"]


def test_the_end_of_a_flow_waits_for_workers_that_were_retired_just_before():
    log = []

    class Slow(Session):
        async def __aexit__(self, *_):
            await asyncio.sleep(0.1)
            log.append("exit")

    async def main():
        capacity = UtilizationCapacity(2, 0, 2, cooldown=1, sampling=1, dampening=1, downscaling_rate=2)
        flow = Flow().add_job_with_factory(lambda: Slow(log), capacity, name="slow")
        await flow.start()
        await asyncio.sleep(2.05)
        assert flow.snapshot().nodes["slow"].workers == 0
        assert log == ["enter", "enter"]
        await flow.stop()
        assert log == ["enter", "enter", "exit", "exit"]

    play(main())


def test_a_context_manager_is_entered_once_and_shared():
    log = []

    async def main():
        flow = Flow(capacity=FixedCapacity(4)).add_job_with_factory(Session(log))
        await flow.run(range(20))
        assert log == ["enter", "exit"]
        await flow.run(range(20))
        assert log == ["enter", "exit"] * 2

    play(main())


class Refuses(Session):
    async def __aenter__(self):
        raise ConnectionError("no server")


@pytest.mark.parametrize("shared", [True, False])
def test_a_failing_aenter_makes_start_raise_that_very_exception_and_releases_the_rest(shared):
    log = []

    async def main():
        flow = Flow().add_job_with_factory(Session(log))
        flow.add_job_with_factory(Refuses(log) if shared else lambda: Refuses(log))
        with pytest.raises(ConnectionError, match="no server"):
            await flow.start()
        assert not flow.running

    play(main())
    assert log == ["enter", "exit"]


def scaled(processor, clock, **extras):
    capacity = UtilizationCapacity(1, 1, 2, cooldown=1, sampling=1, dampening=1)
    return Flow(clock=clock).add_job_with_factory(processor, capacity, **extras)


def test_a_worker_that_cannot_be_made_when_scaling_up_is_tried_again_and_the_items_are_done(clock, caplog):
    made, gate = [], asyncio.Event()

    def make():
        made.append(clock.now())
        if 1 < len(made) < 4:
            raise ConnectionError("no more")
        return hang

    async def hang(item):
        await gate.wait()

    async def main():
        flow = scaled(make, clock)
        running = asyncio.create_task(flow.run(range(4)))
        await clock.advance(10)
        assert flow.snapshot().nodes["make"].workers == 2
        gate.set()
        report = await running
        assert (report.ended, report.counts["done"]) == ("finished", 4)
        assert len(report.problems) == 2

    play(main())
    assert made[:4] == [0, 2, 4, 6]
    assert "could not be made and is tried again later: ConnectionError: no more" in caplog.text


def test_a_worker_that_cannot_be_made_any_more_does_not_fail_a_run_that_has_done_all(clock):
    gate, entered = asyncio.Event(), []

    class Connects:
        async def __aenter__(self):
            entered.append(self)
            if len(entered) > 1:
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    raise ConnectionError("interrupted") from None
            return hang

        async def __aexit__(self, *_):
            pass

    async def hang(item):
        await gate.wait()

    async def main():
        running = asyncio.create_task(scaled(Connects, clock, name="hang").run(range(4)))
        await clock.advance(3)
        assert len(entered) == 2
        gate.set()
        await clock.advance(20)
        report = await running
        assert (report.ended, report.counts["done"]) == ("finished", 4)
        assert report.problems == ("a worker of hang could not be made before the end: ConnectionError: interrupted",)

    play(main())


def test_a_job_whose_last_worker_cannot_be_made_ends_the_run(clock):
    made = []

    def make():
        made.append(1)
        if len(made) > 1:
            raise ConnectionError("no more")
        return double

    async def main():
        flow = Flow(clock=clock, capacity=FixedCapacity(1)).add_job_with_factory(make)
        await flow.start()
        (worker,) = flow._jobs[0]._workers
        worker.task.cancel()
        with pytest.raises(ConnectionError, match="no more"):
            await flow.run([1])
        assert flow.report.ended == "failed"

    play(main())


def test_a_release_that_fails_while_scaling_down_is_reported_and_the_run_goes_on(clock):
    class Fails(Session):
        async def __aexit__(self, *_):
            if "failed" not in self.log:
                self.log.append("failed")
                raise OSError("not flushed")

    log = []

    async def main():
        capacity = UtilizationCapacity(2, 1, 2, cooldown=1, sampling=1, dampening=1)
        flow = Flow(clock=clock).add_job_with_factory(lambda: Fails(log), capacity, name="fails")
        await flow.start()
        await clock.advance(5)
        assert flow.snapshot().nodes["fails"].workers == 1
        report = await flow.run([1])
        assert report.ended == "finished"
        assert report.problems == ("the release of a retired worker of fails failed: OSError: not flushed",)

    play(main())


class Clings(Session):
    async def __aexit__(self, *_):
        raise OSError("not flushed")


@pytest.mark.parametrize("factory", [Clings([]), lambda: Clings([])], ids=["shared", "one per worker"])
def test_a_failing_release_is_raised_by_run(factory):
    async def main():
        flow = Flow().add_job_with_factory(factory)
        with pytest.raises(OSError, match="not flushed"):
            await flow.run([1])
        assert flow.report.counts["done"] == 1
        assert flow.report.ended == "failed"

    play(main())


def test_every_failing_release_but_the_first_is_logged(caplog):
    flow = Flow(capacity=FixedCapacity(3)).add_job_with_factory(lambda: Clings([]))
    with pytest.raises(OSError, match="not flushed"):
        play(flow.run([1]))
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == ["flow failed once more"] * 2


def test_a_stopped_factory_start_leaves_nothing(clock):
    async def main():
        flow = Flow(clock=clock).add_job_with_factory(lambda: Session([]))
        await flow.start()
        await flow.stop()
        await settle()
        assert clock.pending == 0

    play(main())


def test_the_processors_of_an_error_job_may_come_from_a_factory():
    log, handled = [], []

    class Handler(Session):
        async def __call__(self, item):
            handled.append(item)

    async def fails(item):
        raise ValueError(item)

    flow = Flow().add(fails).error_with_factory(lambda: Handler(log), FixedCapacity(2), name="mend")
    report = play(flow.run(range(3)))
    assert sorted(handled) == [0, 1, 2]
    assert log == ["enter", "enter", "exit", "exit"]
    assert report.counts["failed"] == 3


def test_a_job_without_a_worker_ends_the_flow_also_after_its_source_has_failed():
    def no_connection():
        raise ConnectionError

    def source():
        yield 1
        raise ValueError("the source")

    async def main():
        flow = Flow().add(pause).add_job_with_factory(no_connection, UtilizationCapacity(0, 0), "connected")
        with pytest.raises(ValueError, match="the source"):
            await flow.run(source())
        assert flow.report.reasons == {"the flow failed (ValueError: the source)": 1}

    play(main())


def test_a_worker_of_a_fixed_number_that_could_not_be_replaced_is_made_later():
    made, ended = [], []

    async def work(item):
        if item == 1 and not ended:
            ended.append(item)
            asyncio.get_running_loop().call_soon(asyncio.current_task().cancel)
        await asyncio.sleep(1)

    def factory():
        made.append(len(made))
        if len(made) == 3:
            raise ConnectionError
        return work

    flow = Flow().add_job_with_factory(factory, FixedCapacity(2), "work")
    report = play(flow.run(range(30)))
    assert made == [0, 1, 2, 3]
    assert [scaling.reason for scaling in report.scalings] == ["1->2: fewer than min_workers"]


def test_several_workers_that_could_not_be_replaced_are_seen_to_by_one_timer(clock):
    made = []

    async def work(item):
        asyncio.get_running_loop().call_soon(asyncio.current_task().cancel)
        await asyncio.sleep(1)

    def factory():
        made.append(len(made))
        if len(made) in {4, 5}:
            raise ConnectionError
        return work

    async def main():
        flow = Flow(clock=clock).add_job_with_factory(factory, FixedCapacity(3), "work")
        await flow.start()
        await flow.put(0)
        await flow.put(1)
        await asyncio.sleep(2)
        assert (len(made), len(flow._jobs[0]._workers), clock.pending) == (5, 1, 1)
        await clock.advance(60)
        assert (len(made), len(flow._jobs[0]._workers)) == (7, 3)
        await flow.stop()

    play(main())
