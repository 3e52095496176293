"""Growth: what a delivery, a build and an item cost with many processors, many builders, many events.

Each table repeats the same work at growing size and gives the cost of one. Costs that belong to a run and not to its
events (threads, phases, the report) are in them, so that the smallest size is seldom the cheapest: what is promised is
the largest size against the cheapest. Making an event and submitting it are in them too.
"""

import asyncio
import time

from interleaved import measure, table
from promises import finish, promise

from framework.core import AbstractProcessor, Event, Pipeline
from framework.flow import FixedCapacity, Flow
from framework.reactive import ReactiveBuilder

GROWTH = 1.5
DELIVERIES = 100_000
BUILDS = 30_000
CROWDS = (1, 10, 100, 1_000)
AMOUNTS = (1_000, 10_000, 100_000, 1_000_000)
BUILDERS = (1, 10, 100, 300)


class Wants(AbstractProcessor):
    """Counts the events of one name."""

    def __init__(self, number, name):
        super().__init__(f"wants {number}")
        self.interests = [(Event, name)]
        self.total = 0

    def process(self, context, event):
        match event:
            case Event(value=value):
                self.total += value


class Source(ReactiveBuilder):
    def __init__(self, count):
        super().__init__("t0", [])
        self.count = count

    def build(self, context):
        yield from range(self.count)


class Step(ReactiveBuilder):
    def __init__(self, number, requires):
        super().__init__(f"t{number + 1}", [requires], name=f"step {number}")

    def build(self, context, value):
        yield value + 1


def deliveries(processors, events, count):
    """Seconds per delivery, submit and all, once everything is wired."""
    pipeline = Pipeline(processors)
    started = time.perf_counter()
    for event in events:
        pipeline.submit(event)
    pipeline.run()
    elapsed = time.perf_counter() - started
    assert sum(processor.total for processor in processors) == count
    return elapsed / count


def one_of(crowd):
    """Each event is wanted by one processor."""
    processors = [Wants(number, f"for {number}") for number in range(crowd)]
    return deliveries(processors, (Event(f"for {n % crowd}", value=1) for n in range(DELIVERIES)), DELIVERIES)


def all_of(crowd):
    """Each event is wanted by all."""
    processors = [Wants(number, "for all") for number in range(crowd)]
    return deliveries(processors, (Event("for all", value=1) for _ in range(DELIVERIES // crowd)), DELIVERIES)


def many_events(amount):
    return deliveries([Wants(0, "for 0")], (Event("for 0", value=1) for _ in range(amount)), amount)


def chained(builders):
    """Seconds per build; each builder requires what the one before it provides."""
    return builds([Step(number, f"t{number}") for number in range(builders)], [f"t{builders}"])


def side_by_side(builders):
    """Seconds per build; all builders require the same target."""
    return builds([Step(number, "t0") for number in range(builders)], [f"t{number + 1}" for number in range(builders)])


def builds(steps, targets):
    count = BUILDS // len(steps)
    pipeline = Pipeline([Source(count), *steps])
    for target in targets:
        pipeline.resolve(target)
    started = time.perf_counter()
    pipeline.run()
    return (time.perf_counter() - started) / (count * len(steps))


async def identity(item):
    return item


def many_items(amount):
    """Seconds per item, through two jobs of four workers."""
    flow = Flow(capacity=FixedCapacity(4, 16)).add(identity).add(identity, name="again")
    started = time.perf_counter()
    report = asyncio.run(flow.run(range(amount)))
    elapsed = time.perf_counter() - started
    assert report.counts["done"] == amount
    return elapsed / amount


def grows(title, run, sizes, *, unit, rounds=5):
    """Measure a series of sizes, and promise what the largest costs against the cheapest."""
    names = {f"{size:,} {unit}{'s' * (size > 1)}": size for size in sizes}
    times = measure({name: lambda size=size: run(size) for name, size in names.items()}, rounds)
    smallest, *_, largest = names
    table(title, times, smallest)
    cheapest = min(times, key=times.get)
    promise(f"{title}: {largest}, times the cheapest size", times.ratio(largest, cheapest), at_most=GROWTH)


def main():
    grows("An event for one of many processors", one_of, CROWDS, unit="processor")
    grows("An event for all of many processors", all_of, CROWDS, unit="processor")
    grows("One of many events", many_events, AMOUNTS, unit="event")
    grows("A build in a chain", chained, BUILDERS, unit="builder")
    grows("A build of one target's dependants", side_by_side, BUILDERS, unit="builder")
    grows("One of many items of a flow", many_items, AMOUNTS, unit="item", rounds=3)
    finish()


if __name__ == "__main__":
    main()
