"""Every function of `framework.notebook` that takes what was recorded takes what it was recorded for as well."""

import pytest

from framework import notebook
from framework.core import AbstractProcessor, Event, Pipeline
from framework.observe import Recorder

ABOUT_AN_EVENT = ("lineage", "sequence_diagram")
ABOUT_A_RUN = ("trace_frame", "failures_frame", "phases_frame")


class Order(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="order", amount=amount):
                context.submit(Event("bill", amount=amount))


class Bill(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.seen = []

    def process(self, context, event):
        match event:
            case Event(name="bill", amount=amount):
                self.seen.append(event)
                if amount > 1:
                    raise ValueError("too much")


@pytest.fixture
def sources():
    """A recorder, a stepper, a pipeline and a report of one run, and the last event of it."""
    pipeline, recorder = Pipeline([Order(), bill := Bill()], history=True, on_error="keep"), Recorder()
    pipeline.observe(recorder)
    pipeline.submit(Event("order", amount=2))
    stepper = pipeline.stepper()
    report = pipeline.run()
    return {"recorder": recorder, "stepper": stepper, "pipeline": pipeline, "report": report}, bill.seen[0]


@pytest.mark.parametrize("name", ABOUT_AN_EVENT)
@pytest.mark.parametrize("kind", ["recorder", "stepper", "pipeline", "report"])
def test_the_causes_of_an_event_are_found_in_each(sources, name, kind):
    kept, event = sources
    assert "order" in str(getattr(notebook, name)(event, kept[kind]))


@pytest.mark.parametrize("kind", ["recorder", "stepper", "pipeline", "report"])
def test_what_happened_is_a_frame_of_each(sources, kind):
    assert len(notebook.trace_frame(sources[0][kind]))


@pytest.mark.parametrize("name", ["failures_frame", "phases_frame"])
@pytest.mark.parametrize("kind", ["stepper", "pipeline", "report"])
def test_what_a_report_says_is_a_frame_of_each(sources, name, kind):
    assert len(getattr(notebook, name)(sources[0][kind]))


def test_no_function_that_takes_such_a_source_is_left_out():
    others = {"archive_frame", "catalog_frame", "plan_frame", "provenance"}  # of workspaces, plans and artifacts
    functions = {name for name in notebook.__all__ if name.endswith("_frame") or name in ABOUT_AN_EVENT}
    assert functions - others == {*ABOUT_AN_EVENT, *ABOUT_A_RUN}
