"""A flow inside of a pipeline: every item answered, failures kept, no thread left."""

import asyncio
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.bridge import FlowBuilder
from framework.core import AbstractProcessor, Pipeline
from framework.errors import FlowEnded, FlowError, RunFailed
from framework.flow import FixedCapacity, Flow, LastWorkItem, RouteToErrorQueue, StopProcessing
from framework.reactive import ReactiveBuilder, ReactiveEvent

pytestmark = pytest.mark.timeout(60)


class Source(ReactiveBuilder):
    def __init__(self, provides, artifacts):
        super().__init__(provides, [], name=f"Source {provides}")
        self.artifacts = artifacts

    def build(self, context):
        yield from self.artifacts


class Sink(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.artifacts = []
        self.phases = []

    def process(self, context, event):
        match event:
            case ReactiveEvent(name="built", target="out", artifact=artifact):
                self.artifacts.append(artifact)
                self.phases.append(context.phase)


def through(flow, *sources, **options):
    """What a pipeline announces that sends `sources` through the flow, and its report."""
    sink = Sink()
    builder = FlowBuilder("out", [source.provides for source in sources], flow, **options)
    pipeline = Pipeline([*sources, builder, sink], on_error="keep")
    pipeline.resolve("out")
    return sink, pipeline.run()


async def double(number):
    await asyncio.sleep(0)
    if number < 0:
        raise ValueError(number)
    return 2 * number


async def odd_only(number):
    if number % 4 == 0:
        raise StopProcessing
    return number


def a_flow():
    flow = Flow()
    flow.add(double)
    flow.add(odd_only)
    return flow


@given(st.lists(st.integers(-3, 9), max_size=40), st.booleans())
def test_every_input_is_answered_once(numbers, ordered):
    sink, report = through(a_flow(), Source("n", numbers), ordered=ordered)
    expected = [2 * number for number in numbers if number >= 0 and number % 2]
    assert (sink.artifacts if ordered else sorted(sink.artifacts)) == (expected if ordered else sorted(expected))
    assert sorted(failure.event.inputs for failure in report.failures) == sorted((n,) for n in numbers if n < 0)


def test_the_phase_stays_open_while_items_are_in_the_flow():
    sink, report = through(a_flow(), Source("n", range(100)))
    assert set(sink.phases) == {1}
    assert len(report.phases) == 1


def test_several_requirements_are_one_item():
    flow = Flow()

    async def add(pair):
        return sum(pair)

    flow.add(add)
    sink, _ = through(flow, Source("a", [1, 2]), Source("b", [10, 20]))
    assert sink.artifacts == [11, 22]


def test_what_the_flow_reroutes_goes_to_its_error_job():
    rerouted, flow = [], Flow()

    async def route(number):
        raise RouteToErrorQueue

    async def take(number):
        rerouted.append(number)

    flow.add(route)
    flow.error(take)
    sink, report = through(flow, Source("n", [1, 2]))
    assert (sink.artifacts, sorted(rerouted), report.failures) == ([], [1, 2], ())


def test_what_the_flow_reroutes_without_an_error_job_is_a_failure_and_no_empty_result():
    async def away(number):
        raise RouteToErrorQueue("elsewhere")

    sink, report = through(Flow().add(away), Source("n", [1, 2]))
    assert (sink.artifacts, [str(failure.exception) for failure in report.failures]) == ([], ["elsewhere"] * 2)


def test_what_fails_in_a_sub_flow_with_limits_is_a_failure_also_where_its_error_job_takes_it():
    inner = Flow(name="inner").add(double).error(odd_only)
    sink, report = through(Flow().add(inner, timeout=60), Source("n", [-1, 1]))
    assert (sink.artifacts, len(report.failures)) == ([2], 1)
    assert "whose error job took it" in str(report.failures[0].exception)


def test_inputs_after_the_last_item_of_the_flow_fail():
    flow = Flow()

    async def last(number):
        return LastWorkItem() if number == 2 else number

    flow.add(last)
    sink, report = through(flow, Source("n", range(50)))
    assert sink.artifacts[:2] == [0, 1]
    assert len(sink.artifacts) + len(report.failures) < 50
    assert {type(failure.exception) for failure in report.failures} <= {FlowEnded}


def test_a_flow_that_cannot_start_fails_every_input():
    class Broken:
        async def __aenter__(self):
            raise OSError("no database")

        async def __aexit__(self, *_):
            pass

    flow = Flow()
    flow.add_job_with_factory(Broken())
    sink, report = through(flow, Source("n", [1, 2]))
    assert sink.artifacts == []
    assert len(report.failures) == 2


def test_no_thread_is_left():
    flow = a_flow()
    through(flow, Source("n", [1]))
    assert [thread.name for thread in threading.enumerate() if thread.name == "flow-loop"] == []
    assert flow.report.counts["done"] == 1


def test_a_stop_ends_the_flow():
    entered, flow = threading.Event(), Flow()

    async def wait(number):
        entered.set()
        await asyncio.Event().wait()

    flow.add(wait)
    pipeline = Pipeline([Source("n", [1, 2]), FlowBuilder("out", ["n"], flow)])
    pipeline.resolve("out")
    run = pipeline.start()
    entered.wait()
    pipeline.stop()
    assert run.wait().interrupted
    assert not flow.running


def test_only_flows_are_taken():
    with pytest.raises(FlowError, match="takes a Flow"):
        FlowBuilder("out", ["n"], double)


def test_a_missing_requirement_is_named():
    pipeline = Pipeline([FlowBuilder("out", ["n"], a_flow())])
    pipeline.resolve("out")
    with pytest.raises(RunFailed, match="flow requires 'n', which no builder provides"):
        pipeline.run()


def test_a_failure_of_a_flow_is_repeated_outside_of_its_run():
    broken = [True]

    async def half(item):
        if broken:
            raise ValueError(broken.pop())
        return item / 2

    pipeline = Pipeline([Source("n", [3]), FlowBuilder("out", ["n"], Flow().add(half))], on_error="keep")
    pipeline.resolve("out")
    (failure,) = pipeline.run().failures
    threads = threading.active_count()
    assert [event.artifact for event in failure.rerun()] == [1.5]
    broken.append(True)
    with pytest.raises(ValueError, match="True"):
        failure.rerun()
    assert threading.active_count() <= threads  # those of the run may just have been on their way out


def kept(flow, folder, numbers=range(3)):
    """What a persisting flow announces, with the workspace in that folder."""
    sink = Sink()
    builder = FlowBuilder("out", ["n"], flow, persist=True)
    pipeline = Pipeline([Source("n", numbers), builder, sink], workspace=folder)
    pipeline.resolve("out")
    pipeline.run()
    return sink.artifacts


def test_results_of_a_flow_are_kept_and_only_new_inputs_go_through_it(tmp_path):
    seen = []

    def noting():
        async def double_it(number):
            return 2 * number

        flow = Flow().add(double_it)
        flow.observe(lambda happening: seen.append(happening.item) if hasattr(happening, "item") else None)
        return flow

    assert kept(noting(), tmp_path) == [0, 2, 4]
    assert kept(noting(), tmp_path, range(5)) == [0, 2, 4, 6, 8]
    assert sorted(seen) == [0, 1, 2, 3, 4]


def test_results_of_a_flow_whose_code_changed_are_made_anew(tmp_path):
    def adding(amount):
        async def add(number):
            return number + amount

        return Flow().add(add)

    assert kept(adding(1), tmp_path) == [1, 2, 3]
    assert kept(adding(10), tmp_path) == [10, 11, 12]


def test_what_a_flow_splits_are_several_artifacts():
    async def split(number):
        for part in range(number):
            yield number, part

    sink, _ = through(Flow().add(split).add(same), Source("n", [2, 0, 1]))
    assert sink.artifacts == [(2, 0), (2, 1), (1, 0)]


async def same(item):
    return item


def test_inputs_that_a_flow_drops_when_it_ends_early_are_failures():
    flow = Flow()

    async def last(number):
        await asyncio.sleep(0.001)
        return LastWorkItem() if number == 2 else number

    flow.add(last, FixedCapacity(1, 20))
    sink, report = through(flow, Source("n", range(10)))
    assert len(sink.artifacts) + len(report.failures) == 9
    assert {type(failure.exception) for failure in report.failures} == {FlowEnded}


def test_what_a_bridged_flow_left_behind_is_ended_with_its_loop():
    log, held = [], []

    async def heartbeat():
        try:
            await asyncio.Event().wait()
        finally:
            log.append("heartbeat")

    async def rows():
        try:
            yield 1
            yield 2
        finally:
            log.append("cursor")

    async def work(number):
        held.extend([asyncio.create_task(heartbeat()), rows()])
        await anext(held[-1])
        await asyncio.sleep(0)

    through(Flow().add(work), Source("n", [1]))
    assert sorted(log) == ["cursor", "heartbeat"]
