"""What can be a job: processors, factories, locks, names, decorators."""

from __future__ import annotations

import asyncio
import functools
import pickle
from contextlib import asynccontextmanager

import pytest
from virtual_time import play, settle

from framework.errors import FlowError, OptionError
from framework.flow import (
    Capacity,
    FixedCapacity,
    Flow,
    UtilizationCapacity,
    job_capacity,
    job_name,
    workers,
)

pytestmark = pytest.mark.timeout(30)


async def double(item):
    return item * 2


@job_name("triple")
async def triple(item):
    return item * 3


class Adder:
    def __init__(self, amount):
        self.amount = amount

    async def __call__(self, item):
        return item + self.amount

    @job_name("method")
    @workers(1, 2)
    async def add(self, item):
        return item + self.amount


async def results(flow, items):
    return [result async for result in flow.stream(items, ordered=True)]


def outcome(processor, item=1, **extras):
    return play(results(Flow().add(processor, **extras), [item]))[0]


def test_callable_objects_partials_and_methods_are_processors():
    async def power(exponent, item):
        return item**exponent

    assert outcome(Adder(5)) == 6
    assert outcome(functools.partial(power, 3), 2) == 8
    assert outcome(Adder(7).add) == 8


def test_a_decorator_that_keeps_wrapped_is_believed():
    @functools.wraps(double)
    def logged(item):
        return double(item)

    assert outcome(logged, 4) == 8


def plain(item):
    return item


async def generator(item):
    yield item


@pytest.mark.parametrize(
    ("processor", "remedy"),
    [
        (plain, "executor="),
        (lambda item: item, "executor="),
        (functools.partial(plain), "executor="),
        (5, "async function"),
        (None, "async function"),
        ("double", "async function"),
        (Adder, "instance"),
        (generator, "use return"),
    ],
)
def test_what_cannot_be_a_processor_is_refused_with_the_remedy(processor, remedy):
    with pytest.raises(FlowError, match=remedy):
        Flow().add(processor)
    with pytest.raises(FlowError, match=remedy):
        Flow().error(processor)


@pytest.mark.parametrize("factory", [5, None, "pool"])
def test_what_cannot_be_a_factory_is_refused(factory):
    with pytest.raises(FlowError, match="factory"):
        Flow().add_job_with_factory(factory)


@pytest.mark.parametrize("lock", [5, None, "lock"])
def test_what_cannot_be_held_is_refused(lock):
    with pytest.raises(FlowError, match="resource manager"):
        Flow().add_job_with_lock(double, lock)


def test_a_factory_that_makes_no_processor_ends_the_start():
    async def main():
        flow = Flow().add_job_with_factory(lambda: 5)
        with pytest.raises(FlowError, match="async function"):
            await flow.start()
        assert not flow.running

    play(main())


# -- locks


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


# -- factories


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


def test_a_factory_that_fails_while_scaling_up_ends_the_run(clock):
    made = []

    def make():
        made.append(1)
        if len(made) > 1:
            raise ConnectionError("no more")
        return hang

    async def hang(item):
        await asyncio.sleep(1000)

    async def main():
        capacity = UtilizationCapacity(1, 1, 2, cooldown=1, sampling=1, dampening=1)
        flow = Flow(clock=clock).add_job_with_factory(make, capacity)
        running = asyncio.create_task(flow.run([1, 2]))
        await clock.advance(5)
        with pytest.raises(ConnectionError, match="no more"):
            await running

    play(main())


def test_a_failing_release_is_raised_by_run():
    class Clings(Session):
        async def __aexit__(self, *_):
            raise OSError("not flushed")

    async def main():
        flow = Flow().add_job_with_factory(Clings([]))
        with pytest.raises(OSError, match="not flushed"):
            await flow.run([1])
        assert flow.report.counts["done"] == 1

    play(main())


# -- names


def test_jobs_are_named_by_argument_then_decorator_then_function():
    flow = Flow().add(double).add(triple).add(triple, name="third").add(Adder(1)).add(double)
    assert [job.name for job in flow._jobs] == ["double", "triple", "third", "Adder", "double 2"]


@pytest.mark.parametrize("name", ["double", "", 5])
def test_a_name_that_is_taken_or_none_is_refused(name):
    with pytest.raises(OptionError, match="name"):
        Flow().add(double).add(double, name=name)


@pytest.mark.parametrize("name", ["", None, 7])
def test_job_name_takes_a_name(name):
    with pytest.raises(OptionError, match="name"):
        job_name(name)


# -- decorators


def capacity_of(processor, default=None):
    flow = Flow(capacity=default).add(processor)
    flow._jobs[0].check()
    return flow._jobs[0]._cap


def test_decorators_stack_in_any_order():
    base = UtilizationCapacity(queue_length=42, sampling=7)
    one = job_name("n")(job_capacity(base)(workers(2, 6, 4)(double)))
    two = workers(2, 6, 4)(job_name("n")(job_capacity(base)(double)))
    three = job_capacity(base)(workers(2, 6, 4)(job_name("n")(double)))
    expected = UtilizationCapacity(4, 2, 6, 42, sampling=7)
    assert capacity_of(one) == capacity_of(two) == capacity_of(three) == expected
    assert base == UtilizationCapacity(queue_length=42, sampling=7)


def test_decorators_share_no_state():
    first, second = job_name("first")(double), job_name("second")(double)
    assert [job.name for job in Flow().add(first).add(second).add(double)._jobs] == ["first", "second", "double"]


def test_what_is_decorated_stays_callable_and_picklable():
    assert asyncio.run(triple(2)) == 6
    assert asyncio.run(Adder(3).add(4)) == 7
    assert pickle.loads(pickle.dumps(triple)) is triple


def test_a_decorated_method_keeps_its_declaration_when_bound():
    flow = Flow().add(Adder(1).add)
    assert flow._jobs[0].name == "method"
    assert capacity_of(Adder(1).add).max_workers == 2


def test_objects_partials_and_static_methods_can_be_decorated():
    class Tools:
        @job_name("static")
        @staticmethod
        async def same(item):
            return item

        @job_name("class")
        @classmethod
        async def kind(cls, item):
            return cls.__name__ + item

    named = job_name("adder")(Adder(2))
    bound = job_name("bound")(Adder(2).add)
    partial = job_name("partial")(functools.partial(double))
    flow = Flow().add(named).add(partial).add(Tools.same).add(bound)
    assert [job.name for job in flow._jobs] == ["adder", "partial", "static", "bound"]
    assert play(results(flow, [1])) == [8]
    assert outcome(Tools.kind, "!") == "Tools!"


def test_workers_give_a_fixed_capacity_a_range():
    assert capacity_of(workers(1, 4)(double), FixedCapacity(2, 99)) == UtilizationCapacity(1, 1, 4, 99)


def test_the_argument_goes_before_decorators_and_they_before_the_default():
    declared = job_capacity(FixedCapacity(2))(double)
    assert capacity_of(declared, FixedCapacity(3)).max_workers == 2
    flow = Flow().add(declared, FixedCapacity(7))
    flow._jobs[0].check()
    assert flow._jobs[0]._cap.max_workers == 7


def test_a_plain_capacity_gets_the_settings_of_utilization():
    assert capacity_of(job_capacity(Capacity(2, 1, 9))(double)) == UtilizationCapacity(2, 1, 9)


@pytest.mark.parametrize("capacity", [5, "large", Capacity])
def test_what_is_no_capacity_is_refused(capacity):
    with pytest.raises(OptionError, match="Capacity"):
        Flow().add(double, capacity)
    with pytest.raises(OptionError, match="Capacity"):
        job_capacity(capacity)
    with pytest.raises(OptionError, match="Capacity"):
        Flow(capacity=capacity)


def test_a_second_error_job_is_refused():
    with pytest.raises(OptionError, match="already"):
        Flow().add(double).error(double).error(triple)


def test_an_unknown_option_is_refused():
    with pytest.raises(TypeError, match="speed"):
        Flow().add_job_with_factory(lambda: double, speed=3)


def test_a_stopped_factory_start_leaves_nothing(clock):
    async def main():
        flow = Flow(clock=clock).add_job_with_factory(lambda: Session([]))
        await flow.start()
        await flow.stop()
        await settle()
        assert clock.pending == 0

    play(main())
