"""Whatever a value, an error or a class says of itself is text: escaped, bounded, and no reason for a display to fail.

Reprs with markup, scripts, control signs, mermaid and DOT; reprs that raise, never end or are no text; classes that
are called as built-in ones; errors without a message. Each goes through a pipeline and a flow, and is shown everywhere.
"""

import asyncio
import itertools
import logging

import pytest
from harmless import check_bundle, check_sendable, check_svg
from hostile_samples import displayed
from hostile_values import ERRORS, VALUES, touched

from framework.core import AbstractProcessor, Event, Pipeline
from framework.flow import Flow
from framework.notebook import failures_frame, lineage, routing_graph, sequence_diagram, trace_frame
from framework.notebook.stepper.stepper_view import StepperView, StepperWidget

SHOWN = 250_000


class Thrower(AbstractProcessor):
    """Keeps a value, sends it on, and raises."""

    def process(self, context, event):
        match event:
            case Event("go", value=value, error=error):
                self.value = value
                context.submit(Event("went", value=value))
                raise error


class Keeper(AbstractProcessor):
    """Gets what was sent on."""

    def process(self, context, event):
        match event:
            case Event("went", value=value):
                self.kept = [value]


async def throw(pair):
    raise pair[1]


@pytest.fixture(autouse=True)
def nothing_called():
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
    assert not touched


def pairs(size):
    """Values with errors, each of both at least once."""
    step = size(6, 1)
    count = max(len(VALUES), len(ERRORS))
    return [(VALUES[n % len(VALUES)], ERRORS[n % len(ERRORS)]) for n in range(0, count, step)]


def check(shown):
    for value in shown:
        bundle = displayed(value)
        check_bundle(bundle)
        assert len(bundle["text/html"]) < SHOWN


def test_hostile_values_in_pipelines(size, figure):
    tried = pairs(size)
    for value, error in tried:
        pipeline = Pipeline([Thrower(), Keeper()], on_error="keep")
        stepper = pipeline.stepper()
        event = Event("go", value=value, error=error)
        view = StepperView(stepper)
        stepper.attach()
        pipeline.submit(event)
        check([pipeline, pipeline.explain(event), stepper])
        check_sendable(StepperWidget(view).state)
        stepper.step()
        check_sendable(StepperWidget(view).state)
        stepper.run()
        report, recorder = pipeline.report, stepper.recorder
        assert report.delivered == {"Thrower": 1, "Keeper": 1}
        shown = [pipeline, stepper, report, report.phases[0], report.failures, report.failures[0]]
        check([*shown, lineage(event, recorder), sequence_diagram(event, recorder), routing_graph(pipeline)])
        check_svg(view.picture())
        view.handle({"do": "event", "number": 1})
        view.handle({"do": "rerun", "number": 0})
        check_sendable(StepperWidget(view).state)
        assert len(failures_frame(report)) == 1
        assert len(trace_frame(recorder))
        assert len(str(pipeline.report.failures)) < SHOWN
    figure("values and errors", len(tried))


def test_hostile_values_in_flows(size, figure):
    tried = pairs(size)
    flow = Flow().add(throw)
    report = asyncio.run(flow.run(tried))
    assert report.counts["failed"] == len(tried)
    for failures in itertools.batched(report.failures, 20) if hasattr(itertools, "batched") else [report.failures]:
        check(failures)
    check([report, flow])
    assert len(failures_frame(report)) == len(tried)
    figure("values and errors", len(tried))
