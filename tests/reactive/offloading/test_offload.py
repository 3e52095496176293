"""`offload`: work leaves, results come back once, in order when asked, failures with their input."""

import multiprocessing
import os
import pickle
import signal
import threading
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactive_samples import Apply, Sink, Source, artifacts_of, built, outcome

from framework.core import Pipeline
from framework.errors import BuildError, OptionError, Unpicklable, WiringError
from framework.reactive import offload
from framework.reactive.offloading.remote import pack


def squares(number):
    if number < 0:
        raise ValueError(number)
    yield number * number


class LastFirst(Executor):
    """Runs what it has when asked to, the last submitted first."""

    def __init__(self):
        self.waiting = []
        self.most = 0
        self._changed = threading.Condition()

    def submit(self, function, /, *args, **kwargs):
        future = Future()
        with self._changed:
            self.waiting.append((future, function, args))
            self.most = max(self.most, len(self.waiting))
            self._changed.notify_all()
        return future

    def wait_for(self, count):
        """Wait until so many have been submitted."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.waiting) >= count, timeout=60)

    def work(self, pipeline):
        """Run until the pipeline ends."""
        while not pipeline.current_run.done:
            with self._changed:
                if not self._changed.wait_for(lambda: self.waiting, timeout=0.05):
                    continue
                future, function, args = self.waiting.pop()
            if future.set_running_or_notify_cancel():
                future.set_result(function(*args))


def spawning(processes):
    return ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn"))


@pytest.fixture(scope="module")
def pool():
    with spawning(1) as executor:
        yield executor


@given(st.lists(st.integers(-2, 5), max_size=30), st.integers(1, 5), st.booleans())
def test_every_input_is_answered_once_and_failures_keep_their_input(numbers, max_pending, ordered):
    with ThreadPoolExecutor(3) as executor:
        builder = offload("squares", ["n"], squares, executor, max_pending=max_pending, ordered=ordered)
        found, report = outcome([Source("n", numbers), builder], "squares", on_error="keep")
    expected = [number * number for number in numbers if number >= 0]
    assert (found if ordered else sorted(found)) == (expected if ordered else sorted(expected))
    assert sorted(failure.event.inputs for failure in report.failures) == sorted((n,) for n in numbers if n < 0)


@pytest.mark.parametrize("ordered", [True, False])
def test_order_is_kept_when_asked_however_results_come(ordered):
    executor, sink = LastFirst(), Sink("squares")
    builder = offload("squares", ["n"], squares, executor, max_pending=5, ordered=ordered)
    pipeline = Pipeline([Source("n", range(20)), builder, sink])
    pipeline.resolve("squares")
    pipeline.start()
    executor.work(pipeline)
    pipeline.current_run.wait()
    assert sorted(sink.artifacts) == [number * number for number in range(20)]
    assert executor.most <= 5
    if ordered:
        assert sink.artifacts == sorted(sink.artifacts)


def test_inputs_beyond_max_pending_wait_and_push_back():
    begun, gate, announced = threading.Semaphore(0), threading.Event(), []

    def wait(number):
        begun.release()
        gate.wait(30)
        return [number]

    class Endless(Source):
        def build(self, context):
            for number in range(50_000):
                announced.append(number)
                yield number

    with ThreadPoolExecutor(4) as executor:
        builder = offload("out", ["n"], wait, executor, max_pending=2)
        pipeline = Pipeline([Endless("n", None), builder], grace=30)
        pipeline.resolve("out")
        run = pipeline.start()
        begun.acquire()
        begun.acquire()
        assert not begun.acquire(timeout=0.2)  # only two are under way
        assert len(announced) < 3000
        pipeline.stop()
        gate.set()
        run.wait()


def test_several_requirements_and_stars_are_arguments():
    with ThreadPoolExecutor(1) as executor:
        builders = [Source("a", [1, 2]), Source("b", [(3, 4), (5, 6)])]
        builder = offload("sum", ["a", "*b"], lambda a, b, c: [a + b + c], executor)
        assert artifacts_of([*builders, builder], "sum") == [8, 13]


def test_the_phase_stays_open_until_all_results_are_in():
    phases = []

    class Watch(Apply):
        def phase(self, context, phase):
            phases.append(len(self.calls))

    with ThreadPoolExecutor(2) as executor:
        builders = [Source("n", range(10)), offload("squares", ["n"], squares, executor), Watch("w", ["squares"])]
        artifacts_of(builders, "w")
    assert phases == [10]


@pytest.mark.parametrize("returned", [None, 5, "text"])
def test_a_function_that_returns_no_artifacts_is_told_so(returned):
    with ThreadPoolExecutor(1) as executor:
        builders = [Source("n", [1]), offload("odd", ["n"], lambda _: returned, executor)]
        _, report = outcome(builders, "odd", on_error="keep")
    assert isinstance(report.failures[0].exception, BuildError)


# -- processes


def die(number):
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return [number]


def test_functions_of_a_notebook_run_in_processes(pool):
    factor = 3

    class Cell:  # pickled by value, there and back
        def __init__(self, value):
            self.value = value

    def build(cell):
        return [Cell(cell.value * factor), os.getpid()]

    builders = [Source("n", [Cell(2)]), offload("out", ["n"], build, pool)]
    cell, pid = artifacts_of(builders, "out")
    assert isinstance(cell, Cell)
    assert (cell.value, pid != os.getpid()) == (6, True)


def test_failures_come_back_with_their_own_class_and_the_remote_traceback(pool):
    class Mine(Exception):
        pass

    def build(number):
        raise Mine(number)

    builders = [Source("n", [1]), offload("out", ["n"], build, pool)]
    _, report = outcome(builders, "out", on_error="keep")
    (failure,) = report.failures
    assert isinstance(failure.exception, Mine)
    assert failure.event.inputs == (1,)
    assert "raise Mine(number)" in failure.traceback


def test_a_result_that_cannot_travel_is_a_failure(pool):
    def build(number):
        return [threading.Lock()] if number else [number]

    builders = [Source("n", [0, 1]), offload("out", ["n"], build, pool)]
    found, report = outcome(builders, "out", on_error="keep")
    assert found == [0]
    assert "a result cannot be sent to another process" in str(report.failures[0].exception)


def test_an_input_that_cannot_travel_loses_only_itself(pool):
    builders = [Source("n", [1, threading.Lock(), 2]), offload("out", ["n"], lambda n: [n], pool)]
    found, report = outcome(builders, "out", on_error="keep")
    assert found == [1, 2]
    assert isinstance(report.failures[0].exception, Unpicklable)


def test_a_killed_process_answers_every_input_once():
    with spawning(2) as executor:
        builder = offload("out", ["n"], die, executor, max_pending=2)
        found, report = outcome([Source("n", range(6)), builder], "out", on_error="keep")
    failed = [failure.event.inputs[0] for failure in report.failures if hasattr(failure.event, "inputs")]
    assert all(isinstance(failure.exception, BrokenProcessPool) for failure in report.failures)
    assert len(found) + len(report.failures) == 6
    assert set(found).isdisjoint(failed)
    assert 3 not in found


def test_a_pool_that_would_fork_is_never_forked(caplog):
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as executor:
        how = offload("out", ["n"], lambda _: [multiprocessing.get_start_method()], executor)
        assert artifacts_of([Source("n", [1, 2]), how], "out") == ["spawn"] * 2
        assert not executor._processes
    assert caplog.text.count("spawning processes instead") == 1


def test_loky_is_an_executor_too():
    from joblib.externals.loky import ProcessPoolExecutor as Loky

    executor = Loky(1)
    try:
        builders = [Source("n", [1, 2, 3]), offload("squares", ["n"], squares, executor)]
        assert artifacts_of(builders, "squares") == [1, 4, 9]
    finally:
        executor.shutdown(kill_workers=True)


# -- stopping


def test_a_stop_cancels_what_has_not_begun():
    executor = LastFirst()
    builder = offload("out", ["n"], squares, executor, max_pending=10)
    pipeline = Pipeline([Source("n", range(100)), builder])
    pipeline.resolve("out")
    run = pipeline.start()
    executor.wait_for(10)
    pipeline.stop()
    assert run.wait().interrupted
    assert all(future.cancelled() for future, _, _ in executor.waiting)


def test_ctrl_c_cancels_what_has_not_begun():
    executor = LastFirst()
    pipeline = Pipeline([Source("n", range(100)), offload("out", ["n"], squares, executor, max_pending=10)], grace=30)
    pipeline.resolve("out")

    def press():
        executor.wait_for(10)
        os.kill(os.getpid(), signal.SIGINT)

    presser = threading.Thread(target=press)
    presser.start()
    with pytest.raises(KeyboardInterrupt):
        pipeline.run()
    presser.join()
    assert pipeline.report.interrupted
    assert all(future.cancelled() for future, _, _ in executor.waiting)


# -- persistence


def test_kept_results_are_not_computed_again(tmp_path):
    calls = []

    def build(number):
        calls.append(number)
        return [number * 10]

    def run(numbers):
        with ThreadPoolExecutor(2) as executor:
            builder = offload("out", ["n"], build, executor, persist=True)
            return artifacts_of([Source("n", numbers), builder], "out", workspace=tmp_path / "ws")

    assert run([1, 2]) == [10, 20]
    assert run([2, 3, 1]) == [20, 30, 10]
    assert sorted(calls) == [1, 2, 3]


# -- bad input


def test_a_function_that_cannot_be_pickled_is_refused_at_once(pool):
    with pytest.raises(Unpicklable, match="cannot be sent to another process"):
        offload("out", ["n"], partial(squares, threading.Lock()), pool)


@pytest.mark.parametrize(("build", "executor"), [(squares, None), (squares, "threads"), (5, ThreadPoolExecutor(1))])
def test_a_function_and_an_executor_are_needed(build, executor):
    with pytest.raises(WiringError):
        offload("out", ["n"], build, executor)


@pytest.mark.parametrize("max_pending", [0, -1, 2.5])
def test_max_pending_is_positive(max_pending):
    with ThreadPoolExecutor(1) as executor, pytest.raises(OptionError, match="max_pending"):
        offload("out", ["n"], squares, executor, max_pending=max_pending)


# -- outside of a run


def test_a_failure_of_work_that_left_is_repeated_here():
    calls = []

    def build(number):
        calls.append(threading.current_thread())
        if len(calls) == 1:
            raise ValueError(number)
        return [number * 10]

    with ThreadPoolExecutor(1) as executor:
        builders = [Source("n", [2]), offload("out", ["n"], build, executor)]
        (failure,) = outcome(builders, "out", on_error="keep")[1].failures
    assert [event.artifact for event in failure.rerun()] == [20]
    assert calls[1] is threading.current_thread()


def test_a_failure_of_work_that_left_is_tried_again_by_a_retry():
    with ThreadPoolExecutor(1) as executor:
        pipeline = Pipeline([offload("out", ["n"], squares, executor, name="work"), Sink("out")], on_error="keep")
        pipeline.resolve("out")
        pipeline.submit(built("n", -3))
        failures = pipeline.run().failures
        renewed = pipeline.renew(offload("out", ["n"], lambda number: [-number], executor, name="work"))
        assert failures.retry(renewed) == 1
        renewed.run()
    assert renewed["Sink out"].artifacts == [3]


def test_kept_inputs_of_work_that_left_are_compared_here(tmp_path):
    with ThreadPoolExecutor(1) as executor:
        builder = offload("out", ["n"], squares, executor, persist=True)
        pipeline = Pipeline([Source("n", [2, 3]), builder], workspace=tmp_path)
        pipeline.resolve("out")
        pipeline.run()
        other = offload("out", ["n"], lambda number: [4], executor)
        assert [row.same for row in pipeline.compare("squares", other)] == [True, False]


def test_a_stop_forgets_kept_results_that_wait_for_their_turn(tmp_path):
    def run(numbers, executor, drive):
        pipeline = Pipeline(
            [Source("n", numbers), offload("out", ["n"], squares, executor, persist=True), Sink("out")],
            workspace=tmp_path,
        )
        pipeline.resolve("out")
        drive(pipeline)
        return pipeline["Sink out"].artifacts

    def stop_when_the_first_is_away(pipeline):
        running = pipeline.start()
        executor.wait_for(1)
        pipeline.stop()
        running.wait()

    with ThreadPoolExecutor(1) as threads:
        assert run([2], threads, Pipeline.run) == [4]
    executor = LastFirst()
    assert run([3, 2], executor, stop_when_the_first_is_away) == []


@pytest.mark.parametrize("value", [3, "text", None, (1, 2.5, b"x"), [1j], Path("a"), (1, [2]), {"a": 1}, lambda: 4])
def test_whatever_travels_arrives_as_it_was(value):
    there = pickle.loads(pack(value, "a value"))
    assert type(there) is type(value)
    assert (there() if callable(there) else there) == (value() if callable(value) else value)
