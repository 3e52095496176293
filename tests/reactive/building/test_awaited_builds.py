"""`async def build`: many inputs under way, announced in order."""

import asyncio
import threading

import pytest

from framework.core import Pipeline
from framework.errors import OptionError, RunFailed
from framework.observe import Recorder
from framework.reactive import ReactiveBuilder, reactive

modes = pytest.mark.parametrize("options", [{}, {"seed": 3}, {"history": True}], ids=["threads", "seed", "history"])


def source(count):
    @reactive
    def number():
        yield from range(count)

    return number


class Doubles(ReactiveBuilder):
    def __init__(self, **options):
        super().__init__("double", ["number"], **options)
        self.under_way = self.most = 0

    async def build(self, context, number):
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0.001 * (5 - number % 5))
        self.under_way -= 1
        return [2 * number]


@modes
def test_artifacts_are_announced_in_the_order_of_their_inputs(options):
    assert Pipeline([source(30), Doubles()], **options).compute("double") == [2 * n for n in range(30)]


def test_so_many_inputs_are_under_way_as_max_concurrency_says():
    doubles = Doubles(max_concurrency=7)
    Pipeline([source(50), doubles]).compute("double")
    assert doubles.most == 7


def test_a_simulation_builds_one_after_another():
    doubles = Doubles()
    Pipeline([source(10), doubles], seed=1).compute("double")
    assert doubles.most == 1


def test_a_simulation_has_one_trace():
    def trace():
        pipeline, recorder = Pipeline([source(10), Doubles()], seed=4), Recorder()
        pipeline.observe(recorder)
        pipeline.resolve("double")
        pipeline.run()
        return [(kept.name, getattr(kept, "artifact", None)) for kept in recorder.events()]

    assert trace() == trace()


@modes
def test_functions_return_one_artifact_or_yield_many(options):
    @reactive
    async def half(number):
        await asyncio.sleep(0)
        return [number / 2]

    @reactive
    async def each(context, half):
        for value in half:
            await asyncio.sleep(0)
            yield (context.processor, value)
            yield None

    found = Pipeline([source(2), half, each], **options).compute("each")
    assert found == [("each", 0.0), None, ("each", 0.5), None]


@modes
def test_a_failing_build_loses_its_own_input(options):
    @reactive
    async def inverse(number):
        await asyncio.sleep(0)
        return 1 / number

    pipeline = Pipeline([source(3), inverse], **options)
    with pytest.raises(RunFailed) as failed:
        pipeline.compute("inverse")
    (failure,) = failed.value.failures
    assert (type(failure.exception), failure.event.inputs) == (ZeroDivisionError, (0,))
    assert pipeline.compute("inverse") == [1, 0.5]


@modes
def test_results_are_kept_and_replayed(options, tmp_path):
    calls = []

    @reactive(persist=True)
    async def square(number):
        calls.append(number)
        await asyncio.sleep(0)
        return number * number

    for _ in range(2):
        with Pipeline([source(3)(), square()], workspace=tmp_path, **options) as pipeline:
            assert pipeline.compute("square") == [0, 1, 4]
    assert sorted(calls) == [0, 1, 2]


def test_a_stop_cancels_what_is_under_way():
    begun, cancelled = threading.Event(), threading.Event()

    @reactive
    async def stuck(number):
        begun.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    pipeline = Pipeline([source(1), stuck], grace=0.1)
    pipeline.resolve("stuck")
    run = pipeline.start()
    assert begun.wait(20)
    run.stop()
    assert run.wait(20).interrupted
    assert cancelled.wait(20)


def test_a_build_may_submit_and_hold():
    from framework.core import Event

    @reactive
    async def noted(context, number):
        await asyncio.sleep(0)
        with context.hold() as hold:
            hold.submit(Event("held", n=number))
        context.submit(Event("noted", n=number))
        return number

    pipeline = Pipeline([source(3), noted])
    held, seen = pipeline.collect("held"), pipeline.collect("noted")
    pipeline.compute("noted")
    assert (sorted(event.n for event in held), sorted(event.n for event in seen)) == ([0, 1, 2], [0, 1, 2])


def test_an_archived_input_is_compared_outside_of_a_run():
    assert list(Doubles()._reproduce((4,))) == [8]


@pytest.mark.parametrize("wrong", [0, -1, 1.5, True])
def test_a_concurrency_that_is_no_positive_number_is_refused(wrong):
    with pytest.raises(OptionError, match="max_concurrency"):
        Doubles(max_concurrency=wrong)


def test_of_a_thousand_builds_a_hundred_wait_side_by_side():
    full = asyncio.Event()

    class Waits(Doubles):
        async def build(self, context, number):
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            if self.under_way == 100:
                full.set()
            await full.wait()
            self.under_way -= 1
            return [2 * number]

    waits = Waits(max_concurrency=100)
    assert len(Pipeline([source(1000), waits]).compute("double")) == 1000
    assert waits.most == 100
