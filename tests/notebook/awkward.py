"""Pipelines and flows whose names, attributes and errors are as awkward as a user can make them."""

from __future__ import annotations

from framework.core import AbstractProcessor, Event, Pipeline, caching
from framework.flow import Flow
from framework.reactive import ReactiveBuilder

HTML = "<script>alert(1)</script>"
LONG = "a name of " + "very " * 60 + "many words"
NAMES = {
    "unicode": "Größe 日本語 \u202e",
    "html": HTML,
    "long": LONG,
    "signs": "\"quotes' & \\ {x} |\n\t\x00",
    "surrogate": "\ud800",
}


class Unprintable:
    def __repr__(self):
        raise RuntimeError("no repr")

    __str__ = __repr__


class Huge:
    def __repr__(self):
        return "x" * 2_000_000


class Markup:
    def __repr__(self):
        return HTML

    __str__ = __repr__


VALUES = {
    "unprintable": Unprintable,
    "huge": Huge,
    "markup": Markup,
    "nan": lambda: float("nan"),
    "nothing": lambda: None,
    "nested": lambda: {"a": [Unprintable(), {"b": (Markup(), float("nan"))}]},
}


class UnprintableError(Exception):
    def __str__(self):
        raise RuntimeError("no message")

    __repr__ = __str__


class Reads(AbstractProcessor):
    """Emits as many lines as it is asked for, and fails on some."""

    def __init__(self, name, value):
        super().__init__(name)
        self.value = value

    @caching
    def process(self, context, event):
        match event:
            case Event(name="start", count=count):
                for number in range(count):
                    context.submit(Event("line", number=number))
                context.submit(Event("unheard", number=0))


class Fails(AbstractProcessor):
    def __init__(self, name, value):
        super().__init__(name)
        self.value, self.seen = value, 0

    def process(self, context, event):
        match event:
            case Event(name="line", number=number):
                self.seen += 1
                if number % 3 == 1:
                    raise ValueError(HTML * 100)
                if number % 3 == 2:
                    raise UnprintableError
                context.submit(Event("value", value=self.value))


class Keeps(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="value") | Event(name="__PHASE__"):
                pass


class Doubles(ReactiveBuilder):
    def __init__(self, value):
        super().__init__(provides="double", requires=["number"], persist=True)
        self.value = value

    def build(self, context, number):
        return [number, number]


def pipeline(*, name="Reads", value=None, count=4, **options):
    processors = [Reads(name, value), Fails(f"{name} fails", value), Keeps(f"{name} keeps"), Doubles(value)]
    made = Pipeline(processors, name=name, on_error="keep", history=True, strict_interest_inference=True, **options)
    made.resolve("double")
    if count is not None:
        made.submit(Event("start", count=count))
    return made


def flow(*, name="job", value=None):
    async def job(item):
        if item % 3 == 1:
            raise ValueError(HTML * 100)
        if item % 3 == 2:
            raise UnprintableError
        return value

    return Flow(name=name).add(job, name=name)
