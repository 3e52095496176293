"""The shapes of traffic that dispatch is measured with: processors, inputs, and their bodies as plain handlers."""

import sys

from framework.core import AbstractProcessor, Event

# Enough that the start and the end of a run, which bench_start.py measures, weigh little.
COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
STAGES = 10


class Sum(AbstractProcessor):
    """One processor, many events."""

    def __init__(self):
        self.total = 0

    def process(self, context, event):
        match event:
            case Event(name="add", value=value):
                self.total += value


def stage_class(number):
    source_name, next_name = f"stage{number}", f"stage{number + 1}"

    class Stage(AbstractProcessor):
        interests = [(Event, source_name)]  # noqa: RUF012

        def process(self, context, event):
            match event:
                case Event(value=value):
                    context.submit(Event(next_name, value=value + 1))

    return Stage


class Fan(AbstractProcessor):
    def __init__(self, number):
        self.number = number
        self.total = 0

    def process(self, context, event):
        match event:
            case Event(name="add", value=value):
                self.total += value


class Ping(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="ping", left=left) if left:
                context.submit(Event("pong", left=left - 1))


class Pong(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="pong", left=left) if left:
                context.submit(Event("ping", left=left - 1))


def events(name, count):
    return [Event(name, value=number) for number in range(count)]


SHAPES = ("one", "chain", "fan-out", "ping-pong")


def processors(shape):
    if shape == "one":
        return [Sum()]
    if shape == "chain":
        return [stage_class(number)() for number in range(STAGES)]
    if shape == "fan-out":
        return [Fan(number) for number in range(STAGES)]
    return [Ping(), Pong()]


def inputs(shape, count=COUNT):
    """Events that make `count` deliveries."""
    if shape == "one":
        return events("add", count)
    if shape == "chain":
        return events("stage0", count // STAGES)
    if shape == "fan-out":
        return events("add", count // STAGES)
    return [Event("ping", left=count)]


def handlers_of(shape):
    """Of each event, by name, who handles it."""
    made = processors(shape)
    if shape == "one":
        return {"add": [made[0].process]}
    if shape == "chain":
        return {f"stage{number}": [stage.process] for number, stage in enumerate(made)}
    if shape == "fan-out":
        return {"add": [fan.process for fan in made]}
    return {"ping": [made[0].process], "pong": [made[1].process]}
