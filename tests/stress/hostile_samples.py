"""Processors, builders and flows that are called whatever one likes."""

from framework.core import AbstractProcessor, Event, Pipeline, caching
from framework.flow import FixedCapacity, Flow
from framework.notebook.display import VIEWS, show
from framework.reactive import ReactiveBuilder, ReactiveEvent


class Named(AbstractProcessor):
    """Answers events of its own name."""

    def __init__(self, name):
        super().__init__(name)
        self.interests = [(Event, name)]

    @caching
    def process(self, context, event):
        if getattr(event, "fails", False):
            raise ValueError(event.name)
        context.submit(Event("answer", of=event.name))


class Sink(AbstractProcessor):
    """Notes the answers."""

    def __init__(self):
        super().__init__(name="the sink")
        self.got = []

    def process(self, context, event):
        match event:
            case Event("answer", of=name):
                self.got.append(name)


def answering(names, workspace=None):
    """A pipeline with a processor and an event of each name."""
    return Pipeline([*map(Named, names), Sink()], workspace=workspace, name=names[0], on_error="keep")


class Step(ReactiveBuilder):
    """Builds its target from the one before."""

    def __init__(self, provides, requires, name=None):
        super().__init__(provides, requires, persist=True, name=name)

    def build(self, context, *before):
        yield [*(before[0] if before else ()), self.provides]


class Last(AbstractProcessor):
    """Notes what is built at the end of a chain."""

    def __init__(self, target):
        super().__init__(name="the end")
        self.interests = [(ReactiveEvent, "built", target)]
        self.got = []

    def process(self, context, event):
        self.got.append(event.artifact)


def chain(names, workspace):
    """A pipeline of builders, each of which needs the one before; the last target is resolved."""
    steps = [Step(name, names[:number][-1:], f"builder of {name}") for number, name in enumerate(names)]
    pipeline = Pipeline([*steps, Last(names[-1])], workspace=workspace, name=names[0])
    pipeline.resolve(names[-1])
    return pipeline


async def onward(item):
    return item


def jobs(names):
    """A flow with a job of each name."""
    flow = Flow(name=names[0], capacity=FixedCapacity(1))
    for name in names:
        flow.add(onward, name=name)
    return flow


def displayed(value):
    """What a value shows as the last expression of a cell."""
    if hasattr(value, "_repr_mimebundle_"):
        shown = value._repr_mimebundle_()
        return shown[0] if isinstance(shown, tuple) else shown  # of widgets, with metadata
    known = ((cls.__module__, cls.__qualname__) for cls in type(value).__mro__)
    return show(next(VIEWS[place] for place in known if place in VIEWS), value)
