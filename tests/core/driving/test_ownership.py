"""An instance of a processor serves one pipeline at a time."""

import threading

import pytest

from framework.core import AbstractProcessor, Event, Pipeline
from framework.errors import PipelineRunning


class Waiting(AbstractProcessor):
    interests = [(Event, "go")]  # noqa: RUF012

    def __init__(self):
        super().__init__()
        self.here, self.on = threading.Event(), threading.Event()

    def process(self, context, event):
        self.here.set()
        self.on.wait()


def test_a_processor_that_is_at_work_in_another_pipeline_is_refused():
    waiting = Waiting()
    first, second = Pipeline([waiting], name="first"), Pipeline([waiting], name="second")
    for pipeline in (first, second):
        pipeline.submit(Event("go"))
    running = first.start()
    waiting.here.wait()
    for drive in (second.run, second.step, second.start, second.deliver):
        with pytest.raises(PipelineRunning, match=r"Waiting is at work in .*first.*another Waiting for .*second"):
            drive()
    waiting.on.set()
    running.wait()
    assert second.run().delivered == {"Waiting": 1}


def test_two_pipelines_may_step_one_processor_in_turns():
    waiting = Waiting()
    waiting.on.set()
    pipelines = [Pipeline([waiting]), Pipeline([waiting])]
    for pipeline in pipelines:
        pipeline.submit(Event("go"))
        pipeline.submit(Event("go"))
    made = [pipeline.deliver() for _ in range(2) for pipeline in pipelines]
    assert all(made)
    for pipeline in pipelines:
        pipeline.close()
