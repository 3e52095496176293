"""Load balancers: every item once, in order when asked, whatever fails and whatever the schedule."""

import multiprocessing
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactive_samples import Source, artifacts_of, outcome

from framework.core import Event
from framework.errors import LifecycleError, OptionError, Unpicklable, WiringError
from framework.reactive import (
    LoadBalancerCollector,
    LoadBalancerRouter,
    LoadBalancerSequencer,
    LoadBalancerWorkerEmitter,
    LoadBalancerWorkerWrapper,
    ReactiveBuilder,
    SkipAheadOnBacklog,
    WaitForSequenceGaps,
    make_load_balancer,
    parallelize,
    reactive,
)

seeds = st.integers(0, 2**16)


class Repeat:
    """Announces an item as often as it says; zero fails."""

    def __init__(self, times=1):
        self.times = times

    def build(self, context, number):
        if number == 0:
            raise ValueError("zero")
        for _ in range(number):
            yield number * self.times


def expected(numbers, times=1):
    return [number * times for number in numbers for _ in range(number)]


@given(st.lists(st.integers(0, 3), max_size=20), st.integers(1, 4), st.booleans(), seeds)
def test_each_item_is_answered_once_in_order_when_asked(numbers, workers, fifo, seed):
    balancer = make_load_balancer("out", ["n"], Repeat, workers, preserve_fifo=fifo)
    found, report = outcome([Source("n", numbers), *balancer], "out", seed=seed, on_error="keep")
    assert (found if fifo else sorted(found)) == (expected(numbers) if fifo else sorted(expected(numbers)))
    assert len(report.failures) == numbers.count(0)
    assert report.gaps == ()


def test_items_are_dealt_round_robin():
    balancer = make_load_balancer("out", ["n"], Repeat, 3)
    seen = {}
    for wrapper in balancer[2:-1:2]:
        build, name = wrapper.worker.build, wrapper.name
        wrapper.worker.build = lambda context, number, build=build, name=name: (
            seen.setdefault(name, []).append(number) or build(context, number)
        )
    artifacts_of([Source("n", range(1, 8)), *balancer], "out")
    assert list(seen.values()) == [[1, 4, 7], [2, 5], [3, 6]]


def test_a_load_balancer_is_a_sequencer_a_router_and_a_wrapper_for_each_worker_and_a_collector():
    kinds = [type(part) for part in make_load_balancer("out", ["n"], Repeat, 2)]
    pair = [LoadBalancerRouter, LoadBalancerWorkerWrapper]
    assert kinds == [LoadBalancerSequencer, *pair, *pair, LoadBalancerCollector]
    assert isinstance(make_load_balancer("out", ["n"], Repeat, 1, preserve_fifo=False)[2], LoadBalancerWorkerEmitter)


def test_workers_work_at_the_same_time():
    barrier = threading.Barrier(3, timeout=30)

    class Meets:
        def build(self, context, number):
            barrier.wait()
            return [number]

    assert artifacts_of([Source("n", range(6)), *make_load_balancer("out", ["n"], Meets, 3)], "out") == list(range(6))


def test_arguments_reach_the_workers():
    by_position = make_load_balancer("out", ["n"], Repeat, 2, (10,))
    by_name = make_load_balancer("out", ["n"], Repeat, 2, worker_init_kwargs={"times": 10})
    short = parallelize("out", ["n"], Repeat, 2, times=10)
    for balancer in (by_position, by_name, short):
        assert artifacts_of([Source("n", [1, 2]), *balancer], "out") == [10, 20, 20]


def test_builders_are_workers_and_their_wiring_is_filled_in():
    hooks = []

    class Builder(ReactiveBuilder):
        def __init__(self, provides, requires, factor):
            super().__init__(provides, requires)
            self.factor = factor

        def build(self, context, a, b):
            yield self.factor * (a + b)

        def on_init(self, context):
            hooks.append("init")

        def phase(self, context, phase):
            hooks.append(phase)

        def on_terminate(self, context):
            hooks.append("end")

    balancer = parallelize("out", ["a", "*b"], Builder, 1, factor=2)
    assert artifacts_of([Source("a", [1, 2]), Source("b", [(3,), (4,)]), *balancer], "out") == [8, 12]
    assert hooks == ["init", 1, "end"]


def test_a_function_builder_makes_its_own_workers():
    @reactive("squares", ["n"])
    def squares(context, n):
        yield n * n

    assert artifacts_of([Source("n", [1, 2, 3]), *parallelize("out", ["n"], squares, 2)], "out") == [1, 4, 9]


# -- gaps


@given(st.permutations(range(12)))
def test_a_collector_announces_from_0_in_order(order):
    arrivals = [("r", (number, [number] * (number % 3))) for number in order]
    found = artifacts_of([LoadBalancerCollector("out", ["r"])], "out", arrivals)
    assert found == [number for number in range(12) for _ in range(number % 3)]


def test_a_gap_at_the_end_is_reported():
    arrivals = [("r", (number, [number])) for number in (0, 3, 4)]
    found, report = outcome([LoadBalancerCollector("out", ["r"], WaitForSequenceGaps())], "out", arrivals)
    assert found == [0]
    assert report.gaps == ("LoadBalancerCollector: 2 results wait for number 1, 2",)


def test_skipping_ahead_acts_when_the_bound_is_reached():
    arrivals = [("r", (number, [number])) for number in (0, 3, 4, 2, 1)]
    collector = LoadBalancerCollector("out", ["r"], SkipAheadOnBacklog(2))
    found, report = outcome([collector], "out", arrivals)
    assert found == [0, 3, 4, 2, 1]  # what comes late is announced, out of order
    assert report.gaps == ()


def test_what_was_skipped_and_never_came_is_reported():
    arrivals = [("r", (number, [number])) for number in (2, 3)]
    found, report = outcome([LoadBalancerCollector("out", ["r"], SkipAheadOnBacklog(2))], "out", arrivals)
    assert found == [2, 3]
    assert report.gaps == tuple(
        f"LoadBalancerCollector: number {number} did not come and was skipped" for number in (0, 1)
    )


# -- bad input


@pytest.mark.parametrize("count", [0, -1, 1.5, None])
def test_a_number_of_workers_is_positive(count):
    with pytest.raises(OptionError, match="num_workers is a whole number from 1 on"):
        make_load_balancer("out", ["n"], Repeat, count)


@pytest.mark.parametrize(
    ("factory", "message"),
    [("Repeat", "takes a class of workers"), (Source, "missing a required"), (threading.Event, "has none")],
)
def test_workers_that_cannot_be_made_are_refused(factory, message):
    with pytest.raises(WiringError, match=message):
        make_load_balancer("out", ["n"], factory, 2)


def test_a_bound_is_positive():
    with pytest.raises(OptionError, match="max_buffered"):
        SkipAheadOnBacklog(0)


# -- on executors


class Talks:
    def build(self, context, number):
        context.submit(Event("hello"))


@given(st.lists(st.integers(0, 3), max_size=20), st.booleans())
def test_workers_build_on_an_executor(numbers, fifo):
    with ThreadPoolExecutor(2) as executor:
        balancer = make_load_balancer("out", ["n"], Repeat, 2, preserve_fifo=fifo, executor=executor)
        found, report = outcome([Source("n", numbers), *balancer], "out", on_error="keep")
    assert (found if fifo else sorted(found)) == (expected(numbers) if fifo else sorted(expected(numbers)))
    assert len(report.failures) == numbers.count(0)


@pytest.fixture(scope="module")
def processes():
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


def test_workers_build_in_processes(processes):
    class Local(Repeat):  # known to this test only, hence pickled by value
        pass

    balancer = parallelize("out", ["n"], Local, 2, executor=processes, times=3)
    assert artifacts_of([Source("n", [1, 2, 3]), *balancer], "out") == expected([1, 2, 3], 3)


def test_a_worker_on_an_executor_cannot_submit():
    with ThreadPoolExecutor(1) as executor:
        balancer = make_load_balancer("out", ["n"], Talks, 1, executor=executor)
        _, report = outcome([Source("n", [1]), *balancer], "out", on_error="keep")
    assert isinstance(report.failures[0].exception, LifecycleError)


def test_a_worker_that_cannot_be_pickled_is_refused_at_once(processes):
    with pytest.raises(Unpicklable, match="worker Repeat cannot be sent to another process"):
        make_load_balancer("out", ["n"], Repeat, 1, (threading.Lock(),), executor=processes)


def test_an_executor_that_is_shut_down_leaves_no_gap():
    executor = ThreadPoolExecutor(1)
    balancer = make_load_balancer("out", ["n"], Repeat, 2, executor=executor)
    executor.shutdown()
    found, report = outcome([Source("n", [1, 2, 3]), *balancer], "out", on_error="keep")
    assert found == []
    assert len(report.failures) == 3
    assert report.gaps == ()
