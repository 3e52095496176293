"""A dataflow whose results lie in `workspace-0.1.zip`, written before the rooms of the package were drawn.

Its source belongs to the identities of those archives: an edit here makes them those of another dataflow. Such a
workspace is written by running `dataflow(Path("workspace"))` with FRAMEWORK_KEY_FILE=key, and zipping the two.
"""

from framework.core import AbstractProcessor, Event, Pipeline, caching
from framework.reactive import ReactiveBuilder

STEP = 10


def stepped(value):
    return value + STEP


class Square(AbstractProcessor):
    calls = 0

    @caching
    def process(self, context, event):
        match event:
            case Event(name="number", value=value):
                type(self).calls += 1
                context.submit(Event(name="square", value=value * value))


class Squares(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.seen = []

    def process(self, context, event):
        match event:
            case Event(name="square", value=value):
                self.seen.append(value)


class Numbers(ReactiveBuilder):
    builds = 0

    def __init__(self):
        super().__init__(provides="number", requires=[], persist=True)

    def build(self, context):
        type(self).builds += 1
        yield from (1, 2, 3)


class Stepped(ReactiveBuilder):
    builds = 0

    def __init__(self, times):
        super().__init__(provides="stepped", requires=["number"], persist=True)
        self.times = times

    def build(self, context, number):
        type(self).builds += 1
        yield stepped(number) * self.times


def dataflow(workspace):
    """The pipeline with its inputs, and the processor that keeps what came of them."""
    squares = Squares()
    pipeline = Pipeline([Square(), squares, Numbers(), Stepped(2)], workspace=workspace)
    for value in (2, 3):
        pipeline.submit(Event(name="number", value=value))
    pipeline.resolve("stepped")
    return pipeline, squares
