"""What a pipeline offers of `framework.notebook`."""

import asyncio

import pytest

from framework.core import AbstractProcessor, Event, Pipeline, caching
from framework.errors import UnknownName
from framework.notebook import PhaseStepper, ScalingMonitor


class Square(AbstractProcessor):
    @caching
    def process(self, context, event):
        match event:
            case Event(name="number", value=value):
                context.submit(Event("square", value=value**2))


@pytest.fixture
def pipeline():
    pipeline = Pipeline([Square()])
    pipeline.submit_all(Event("number", value=value) for value in (2, 3))
    pipeline.run()
    return pipeline


def test_what_a_processor_keeps_is_a_frame(pipeline):
    frame = pipeline.frame("Square")
    assert len(frame) == 2
    assert set(frame["processor"]) == {"Square"}
    assert len(pipeline.frame("Square", limit=1)) == 1


def test_a_frame_of_an_unknown_name_suggests_the_nearest(pipeline):
    with pytest.raises(UnknownName, match="Square"):
        pipeline.frame("Sqare")


def test_a_pipeline_makes_its_stepper_and_its_monitor(pipeline):
    assert isinstance(pipeline.stepper(), PhaseStepper)

    async def watched():
        monitor = pipeline.watch()
        monitor.close()
        return monitor

    assert isinstance(asyncio.run(watched()), ScalingMonitor)
