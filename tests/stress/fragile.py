"""Processors of every kind that fail on purpose, and know on what they did."""

import asyncio
from collections import Counter
from random import Random

from framework.core import AbstractProcessor, Event
from framework.flow import current_failure
from framework.reactive import ReactiveBuilder


class Unprintable(Exception):
    """Cannot even be shown."""

    def __str__(self):
        raise self


ERRORS = (
    lambda: ValueError("one"),
    lambda: ExceptionGroup("two", [KeyError()]),
    lambda: SystemExit(3),
    KeyboardInterrupt,
    GeneratorExit,
    StopIteration,
    MemoryError,
    Unprintable,
)


class Failing(AbstractProcessor):
    """Fails on a third of the events, before or after it has sent one on."""

    interests = [(Event, "n")]  # noqa: RUF012

    def __init__(self, number):
        super().__init__(f"failing-{number}")
        self.random = Random(number)
        self.raised = {}
        self.sent = 0

    def process(self, context, event):
        draw = self.random.random()
        if draw > 1 / 6:
            self.sent += 1
            context.submit(Event("sent"))
        if draw < 1 / 3:
            self.raised[event.n] = self.random.choice(ERRORS)()
            raise self.raised[event.n]


class Sink(AbstractProcessor):
    """Counts what it gets of one kind."""

    def __init__(self, *interest):
        super().__init__(f"sink of {interest[-1]}")
        self.interests = [interest]
        self.got = Counter()

    def process(self, context, event):
        self.got[getattr(event, "artifact", event.name)] += 1


class Numbers(ReactiveBuilder):
    """The inputs."""

    def __init__(self, count):
        super().__init__("n", [])
        self.count = count

    def build(self, context):
        yield from range(self.count)


class Fragile(ReactiveBuilder):
    """Passes a number on, and fails on some: before it has announced it, or afterwards."""

    def __init__(self, provides, requires, share, seed, persist):
        super().__init__(provides, [requires], persist=persist, name=f"fragile {provides}")
        self.random = Random(f"{provides} {seed}")
        self.share = share
        self.announced, self.failed = [], []

    def build(self, context, number):
        draw = self.random.random()
        if draw > self.share / 2:
            self.announced.append(number)
            yield number
        if draw < self.share:
            self.failed.append(number)
            raise ValueError(number)


class Items:
    """Processors that fail on an item as often as was drawn for it."""

    def __init__(self, seed, count):
        random = Random(seed)
        self.failures = random.choices(range(6), (10, 3, 3, 3, 1, 1), k=count)
        self.attempts = [0] * count
        self.raised, self.handled, self.kept = {}, {}, []

    async def process(self, item):
        self.attempts[item] += 1
        await asyncio.sleep(0.001 * (item % 3))
        if self.attempts[item] <= self.failures[item]:
            self.raised[item] = ERRORS[item % 2]()
            raise self.raised[item]
        return item

    async def keep(self, item):
        self.kept.append(item)

    async def handle(self, item):
        self.handled[item] = current_failure().exception
        if item % 2:
            raise Unprintable
