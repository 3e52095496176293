"""A small pipeline that fails once, and emits an event without recipient."""

from framework.core import AbstractProcessor, Event, Pipeline


class Read(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="start", count=count):
                for number in range(count):
                    context.submit(Event(name="line", number=number))


class Parse(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.seen = 0

    def process(self, context, event):
        match event:
            case Event(name="line", number=number):
                self.seen += 1
                if number == 3:
                    raise ValueError("three")
                context.submit(Event(name="parsed", number=number))
                context.submit(Event(name="lost"))


class Total(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.total = 0

    def process(self, context, event):
        match event:
            case Event(name="parsed", number=number):
                self.total += number
            case Event(name="__PHASE__", phase=1):
                context.submit(Event(name="start", count=2))


def make_pipeline(count=5, **options):
    pipeline = Pipeline([Read(), Parse(), Total()], strict_interest_inference=True, name="demo", **options)
    if count:
        pipeline.submit(Event(name="start", count=count))
    return pipeline
