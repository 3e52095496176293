"""Healthy pipelines of many shapes have no findings: a false alarm is as bad as silence."""

import contextlib
import random

import pytest

from framework.core import AbstractProcessor, Event, Pipeline, caching
from framework.reactive import Collector, ReactiveBuilder, ReactiveEvent, make_rendezvous

PIPELINES = 200


class Measured(Event):
    pass


class Source(AbstractProcessor):
    def __init__(self, fields):
        super().__init__()
        self.fields = fields

    def process(self, context, event):
        match event:
            case Event(name="start", count=count, seed=seed):
                draw = random.Random(seed)
                for number in range(count):
                    values = {field: make(draw, number) for field, make in self.fields.items()}
                    context.submit(Measured("measured", number=number, **values))


class Enrich(AbstractProcessor):
    """Adds a field, in a new event."""

    def process(self, context, event):
        match event:
            case Measured(name="measured", number=number, value=value, tags=tags):
                context.submit(Event("enriched", number=number, value=value * 2, tags=[*tags, "enriched"]))


class Filter(AbstractProcessor):
    def __init__(self, modulus):
        super().__init__()
        self.modulus = modulus

    def process(self, context, event):
        match event:
            case Event(name="enriched", number=number, value=value):
                if number % self.modulus == 0:
                    context.submit(Event("chosen", number=number, value=value))


class Guarded(AbstractProcessor):
    """Takes large and small values by guards."""

    def process(self, context, event):
        match event:
            case Event(name="enriched", value=value) if value > 90:
                context.submit(Event("alarm", value=value))
            case Event(name="enriched", value=value):
                self.last = value


class Tolerant(AbstractProcessor):
    """Handles a text that is no number as what it is."""

    def process(self, context, event):
        match event:
            case Measured(name="measured", text=text):
                try:
                    number = int(text)
                except ValueError:
                    context.submit(Event("unreadable", text=text))
                else:
                    context.submit(Event("read", number=number))


class Looking(AbstractProcessor):
    """Uses exceptions as Python does: a default for a key that is missing."""

    def __init__(self):
        super().__init__()
        self.seen = {}

    def process(self, context, event):
        match event:
            case Event(name="chosen", number=number):
                try:
                    self.seen[number % 3] += 1
                except KeyError:
                    self.seen[number % 3] = 1
                with contextlib.suppress(IndexError):
                    self.first = list(self.seen)[number]


class PerPhase(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.total = 0
        self.told = 0

    def process(self, context, event):
        match event:
            case Event(name="chosen" | "read"):
                self.total += 1
            case Event(name="__PHASE__") if self.total > self.told:
                self.told = self.total
                context.submit(Event("total", total=self.total))


class Cached(AbstractProcessor):
    @caching
    def process(self, context, event):
        match event:
            case Event(name="read", number=number):
                context.submit(Event("square", number=number * number))


class Audit(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.counts = {}

    def process(self, context, event):
        match event:
            case Event(name=name):
                self.counts[name] = self.counts.get(name, 0) + 1


class Log(Audit):
    """Another processor that takes everything."""


class Sink(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="alarm" | "unreadable" | "read" | "square" | "total" | "chosen" | "enriched"):
                pass
            case Measured():
                pass


FIELDS = {
    "value": lambda draw, _: draw.randint(0, 60),
    "text": lambda draw, number: draw.choice(["x", str(number)]),
    "tags": lambda draw, _: draw.sample(["a", "b", "c"], draw.randint(0, 3)),
    "ratio": lambda draw, _: draw.choice([None, draw.random()]),
    "table": lambda draw, number: {"rows": list(range(number % 5))},
}
STAGES = [Enrich, lambda: Filter(2), lambda: Filter(5), Guarded, Tolerant, Looking, PerPhase, Cached, Audit]


class Numbers(ReactiveBuilder):
    def __init__(self, provides, values):
        super().__init__(provides=provides, requires=[])
        self.values = values

    def build(self, context):
        yield from self.values


class Map(ReactiveBuilder):
    def __init__(self, provides, requires, keep):
        super().__init__(provides=provides, requires=[requires], persist=True)
        self.keep = keep

    def build(self, context, value):
        if value % self.keep == 0:
            yield value + 1


class Show(AbstractProcessor):
    def process(self, context, event):
        match event:
            case ReactiveEvent(name="built", target="pair" | "kept" | "batch"):
                pass


def events_pipeline(draw):
    stages = [make() for make in draw.sample(STAGES, draw.randint(1, len(STAGES)))]
    return [Source(FIELDS), *stages, Sink(), *([Log()] if draw.random() < 0.3 else [])]


def builders_pipeline(draw):
    size = draw.randint(1, 30)
    left, right = Numbers("left", list(range(size))), Numbers("right", list(range(size)))
    join = make_rendezvous("pair", ["left", "right"], lambda number: number)
    kept = Map("kept", "left", keep=draw.choice([1, 2]))
    return [left, right, *join, kept, Collector(provides="batch", requires=["left"]), Show()]


@pytest.mark.parametrize("tens", range(PIPELINES // 10))
def test_random_healthy_pipelines_have_no_findings(tens, tmp_path):
    for seed in range(10 * tens, 10 * tens + 10):
        assert [(seed, *findings) for findings in run(seed, tmp_path) if findings] == []


def run(seed, folder):
    """Run the pipeline of a seed, one with a workspace twice, so that it replays; yield the findings of each run."""
    draw = random.Random(seed)
    builders = seed % 4 == 0
    options = {"workspace": folder / str(seed)} if seed % 3 == 0 else {}
    options |= {"seed": seed} if seed % 5 == 0 else {"max_workers": draw.randint(1, 4)}
    state = draw.getstate()
    for _ in range(2 if options.get("workspace") else 1):
        draw.setstate(state)
        processors = builders_pipeline(draw) if builders else events_pipeline(draw)
        pipeline = Pipeline(processors, draw.random() < 0.5, history=True, **options)
        if builders:
            for target in ("pair", "kept", "batch"):
                pipeline.resolve(target)
        else:
            pipeline.submit(Event("start", count=draw.randint(0, 40), seed=seed))
        yield pipeline.run().findings
