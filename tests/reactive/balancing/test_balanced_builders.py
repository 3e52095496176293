"""Builders as workers of a load balancer: they travel, and their results are kept as those of one builder."""

import multiprocessing
import os
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactive_samples import Sink, Source, artifacts_of, built, outcome

from framework.core import Pipeline
from framework.errors import LifecycleError
from framework.reactive import ReactiveBuilder, ReactiveEvent, make_load_balancer, parallelize, plan, reactive
from framework.reactive.offloading.offload import OffloadBuilder

pytestmark = pytest.mark.timeout(300)


class Times(ReactiveBuilder):
    """Has an attribute that cannot be pickled, and one that is changed after it was made."""

    def __init__(self, provides, requires, times=1, *, persist=False, dedupe=False):
        super().__init__(provides, requires, persist, dedupe)
        self.times = times
        self.lock = threading.Lock()

    @classmethod
    def configured(cls, provides, requires, times):
        made = cls(provides, requires)
        made.times = times
        return made

    def build(self, context, number):
        if number < 0:
            raise ValueError(number)
        with self.lock:
            for _ in range(number % 3):
                yield number * self.times


@reactive("out", ["n"])
def shifted(context, number):
    yield number + 1


def expected(numbers, times=1):
    return [number * times for number in numbers if number >= 0 for _ in range(number % 3)]


@pytest.fixture(scope="module")
def processes():
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


# -- they travel


def test_a_builder_travels_with_its_constructor_arguments(processes):
    balancer = parallelize("out", ["n"], Times, 2, executor=processes, times=3)
    found, report = outcome([Source("n", [1, 2, -5, 4]), *balancer], "out", on_error="keep")
    assert found == expected([1, 2, 4], 3)
    assert [str(failure.exception) for failure in report.failures] == ["-5"]


def test_a_builder_travels_with_what_it_was_given_after_it_was_made(processes):
    balancer = make_load_balancer(
        "out", ["n"], Times.configured, 1, executor=processes, worker_init_args=("o", ["n"], 5)
    )
    assert artifacts_of([Source("n", [1, 2]), *balancer], "out") == expected([1, 2], 5)


def test_a_function_builder_travels(processes):
    balancer = parallelize("out", ["n"], shifted, 1, executor=processes)
    assert artifacts_of([Source("n", [1, 2]), *balancer], "out") == [2, 3]


def test_a_copy_calls_on_init_before_its_first_item(processes):
    class Connected(ReactiveBuilder):
        def __init__(self, provides, requires):
            super().__init__(provides, requires)
            self.connection = None

        def on_init(self, context):
            self.connection = os.getpid()

        def build(self, context, number):
            yield self.connection == os.getpid()

    assert artifacts_of([Source("n", [1, 2]), *parallelize("out", ["n"], Connected, 1, executor=processes)], "out") == [
        True,
        True,
    ]


def test_a_copy_whose_on_init_announces_is_refused(processes):
    class Greets(Times):
        def on_init(self, context):
            yield "hello"

    _, report = outcome(
        [Source("n", [1]), *parallelize("out", ["n"], Greets, 1, executor=processes)], "out", on_error="keep"
    )
    assert isinstance(report.failures[0].exception, LifecycleError)


@pytest.mark.parametrize("threads", [True, False])
def test_what_hooks_of_workers_yield_is_announced(threads):
    class Greets(Times):
        def on_init(self, context):
            yield "hello"

        def phase(self, context, phase):
            return [phase] if phase == 1 else []

    with ThreadPoolExecutor(2) as executor:
        balancer = parallelize("out", ["n"], Greets, 1, executor=executor if threads else None)
        assert artifacts_of([Source("n", [1, 2]), *balancer], "out") == ["hello", 1, 2, 2, 1]


def test_a_worker_in_a_thread_pool_works_on_one_item_at_a_time():
    class Alone(ReactiveBuilder):
        def __init__(self, provides, requires):
            super().__init__(provides, requires)
            self.inside = 0

        def build(self, context, number):
            self.inside += 1
            yield self.inside
            self.inside -= 1

    with ThreadPoolExecutor(4) as executor:
        balancer = parallelize("out", ["n"], Alone, 2, executor=executor)
        assert artifacts_of([Source("n", range(200)), *balancer], "out") == [1] * 200


# -- their results are kept


class Counted(Times):
    calls = []  # noqa: RUF012 - of all instances

    def build(self, context, number):
        self.calls.append(number)
        yield from super().build(context, number)


@pytest.fixture
def calls(monkeypatch):
    monkeypatch.setattr(Counted, "calls", [])
    return lambda: Counted.calls


def balanced(workers, *, fifo=True, executor=None, **kwargs):
    return parallelize("out", ["n"], Counted, workers, fifo, executor=executor, persist=True, **kwargs)


ARRANGEMENTS = st.sampled_from(["alone", "ordered", "as they come", "threads"])


@given(
    st.lists(
        st.tuples(ARRANGEMENTS, st.integers(1, 3), st.lists(st.integers(-1, 4), max_size=6)), min_size=1, max_size=3
    ),
    st.integers(0, 99),
)
def test_results_are_kept_however_the_work_is_arranged(rounds, seed):
    seen = set()
    with TemporaryDirectory() as folder, ThreadPoolExecutor(2) as executor:
        for arrangement, workers, numbers in rounds:
            Counted.calls = []
            builders = {
                "alone": lambda _: [Counted("out", ["n"], persist=True)],
                "ordered": balanced,
                "as they come": lambda workers: balanced(workers, fifo=False),
                "threads": lambda workers: balanced(workers, executor=executor),
            }[arrangement](workers)
            options = {"seed": seed} if arrangement != "threads" else {}
            found, report = outcome(
                [Source("n", numbers), *builders], "out", workspace=folder, on_error="keep", **options
            )
            good = [number for number in numbers if number >= 0]
            assert sorted(found) == sorted(expected(good))
            assert arrangement == "as they come" or found == expected(good)
            assert set(Counted.calls) == {number for number in numbers if number not in seen}
            assert len(report.failures) == numbers.count(-1)
            seen |= set(good)


def test_the_catalog_names_the_worker_once(tmp_path, calls):
    pipeline = Pipeline([Source("n", [1, 2]), *balanced(3)], workspace=tmp_path)
    pipeline.resolve("out")
    pipeline.run()
    assert [(entry.name, entry.provides, entry.records) for entry in pipeline.catalog()] == [("Counted", ("out",), 2)]
    assert list(pipeline.results()) == ["Counted"]


def noting(sent, submit):
    return lambda arguments: sent.append(arguments) or submit(arguments)


def test_workers_in_processes_are_not_asked_again(tmp_path, processes):
    for numbers, builds in (([1, 2], 2), ([2, 4, 1], 1)):
        balancer = parallelize("out", ["n"], Times, 2, executor=processes, persist=True)
        pipeline = Pipeline([Source("n", numbers), *balancer], workspace=tmp_path)
        sent = []
        for part in balancer:
            if isinstance(part, OffloadBuilder):
                part._submit = noting(sent, part._submit)
        pipeline.resolve("out")
        pipeline.run()
        assert len(sent) == builds


def test_without_its_requirement_everything_archived_is_announced_in_order(tmp_path, calls):
    artifacts_of([Source("n", [4, 2, 1]), *balanced(2)], "out", workspace=tmp_path)
    calls().clear()
    assert artifacts_of(balanced(3), "out", workspace=tmp_path) == expected([4, 2, 1])
    assert calls() == []


def test_a_late_resolve_announces_again_in_the_order_of_the_inputs(tmp_path):
    class Late(Source):
        def phase(self, context, phase):
            if phase == 1:
                context.submit(ReactiveEvent("resolve", "out"))

    sink = Sink("out")
    pipeline = Pipeline([Late("n", [4, 2, 1]), *balanced(2), sink], workspace=tmp_path)
    pipeline.resolve("out")
    pipeline.run()
    assert sink.artifacts == expected([4, 2, 1]) * 2


def test_equal_inputs_of_a_deduping_worker_are_answered_once():
    balancer = parallelize("out", ["n"], Times, 2, dedupe=True)
    assert artifacts_of([Source("n", [1, 4, 1, 4])], "n") == [1, 4, 1, 4]
    assert artifacts_of([Source("n", [1, 4, 1, 4]), *balancer], "out") == [1, 4]


def test_a_plan_shows_the_load_balancer_as_its_worker(tmp_path, calls):
    artifacts_of([Source("n", [1, 2]), *balanced(2)], "out", workspace=tmp_path)
    pipeline = Pipeline(balanced(2), workspace=tmp_path)
    for number in (1, 2, 7):
        pipeline.submit(built("n", number))
    rows = [(row.builder, row.input, row.action, row.reason) for row in plan(pipeline, "out")]
    assert rows == [
        ("Counted", (1,), "replay", "archived"),
        ("Counted", (2,), "replay", "archived"),
        ("Counted", (7,), "build", "new input"),
    ]


@pytest.mark.parametrize("threads", [False, True], ids=["here", "on an executor"])
@pytest.mark.parametrize("odd", ["cannot be kept", iter("has no digest")], ids=["artifact", "input"])
def test_an_input_that_cannot_be_kept_loses_only_itself(tmp_path, threads, odd):
    class Wraps(ReactiveBuilder):
        def __init__(self, provides, requires):
            super().__init__(provides, requires, persist=True)

        def build(self, context, value):
            yield threading.Lock() if value == "cannot be kept" else value

    with ThreadPoolExecutor(2) as executor:
        balancer = parallelize("out", ["n"], Wraps, 2, executor=executor if threads else None)
        source = Source("n", [0, 1, odd, *range(3, 9)])
        found, report = outcome([source, *balancer], "out", workspace=tmp_path, on_error="keep")
    assert found == [0, 1, *range(3, 9)]
    assert len(report.failures) == 1
    assert report.gaps == ()
