"""Small builders and processors that the tests of the reactive layer share."""

from hypothesis import strategies as st

from framework.core import AbstractProcessor, Pipeline
from framework.reactive import ReactiveBuilder, ReactiveEvent

seeds = st.integers(0, 2**16)


class Source(ReactiveBuilder):
    """Announces the given artifacts."""

    def __init__(self, provides, artifacts, *, persist=False, name=None):
        super().__init__(provides, [], persist=persist, name=name or f"Source {provides}")
        self.artifacts = artifacts

    def build(self, context):
        yield from self.artifacts


class Apply(ReactiveBuilder):
    """Announces what a function returns for each input; keeps the inputs that it was called with."""

    def __init__(self, provides, requires, function=lambda *args: args, **options):
        super().__init__(provides, requires, **options)
        self.function = function
        self.calls = []

    def build(self, context, *args):
        self.calls.append(args)
        yield self.function(*args)


class Sink(AbstractProcessor):
    """Keeps the artifacts of one target."""

    def __init__(self, target, name=None):
        super().__init__(name or f"Sink {target}")
        self.interests = [(ReactiveEvent, "built", target)]
        self.artifacts = []

    def process(self, context, event):
        match event:
            case ReactiveEvent(name="built", artifact=artifact):
                self.artifacts.append(artifact)


def built(target, artifact):
    return ReactiveEvent(name="built", target=target, artifact=artifact)


def outcome(processors, target, announced=(), **options):
    """What a run announces for `target`, and its report; `announced` are pairs of a target and an artifact."""
    sink = Sink(target)
    pipeline = Pipeline([*processors, sink], **options)
    pipeline.resolve(target)
    for other, artifact in announced:
        pipeline.submit(built(other, artifact))
    return sink.artifacts, pipeline.run()


def artifacts_of(processors, target, announced=(), **options):
    return outcome(processors, target, announced, **options)[0]
