"""What watching costs the watched run: a history, a monitor that takes ten snapshots a second, and a recorder.

A history is what notebooks keep by themselves: its cost is given for the shapes of the dispatch benchmark, whose bodies
do next to nothing, submits from outside included, and for bodies of some 100 us; for flows whose bodies do nothing, and
where a generator makes ten items of one, at both lengths of queues. The monitor is what `pipeline.watch()`
shows in a notebook, without the browser. Bodies of some 20 us of work stand for a light processor; a recorder tells
every event, so that its cost is given per event and not promised as a share.
"""

import asyncio
import logging
import time
import tracemalloc
from functools import partial

from bench_flow import STAGES, TIMES, WORKERS, ten, trivial
from dispatch_shapes import SHAPES, inputs, processors
from interleaved import measure, table
from promises import finish, promise

from framework.core import AbstractProcessor, Event, Pipeline
from framework.flow import FixedCapacity, Flow
from framework.notebook import ScalingMonitor
from framework.observe import Recorder

COUNT = 100_000
UNWATCHED, MONITOR, HISTORY = "unwatched", "monitor, 10 snapshots/s", "history"
MEGABYTE = 1024 * 1024


class Work(AbstractProcessor):
    def __init__(self, steps=700):
        self.steps = steps

    def process(self, context, event):
        match event:
            case Event(name="work", left=left) if left:
                sum(range(self.steps))
                context.submit(Event("work", left=left - 1))


def timed(watch, count=COUNT):
    """Seconds of the processor per delivery, those of what watches it included."""

    def run():
        pipeline = Pipeline([Work()])
        watching = watch(pipeline)
        pipeline.submit(Event("work", left=count))
        started = time.process_time()
        pipeline.run()
        elapsed = time.process_time() - started
        if watching is not None:
            watching.close()
        return elapsed / count

    return run


def dispatched(shape, *, history):
    """Seconds of the processor for submits and deliveries together, each of which does next to nothing."""

    def run():
        pipeline, events = Pipeline(processors(shape), max_workers=1, history=history), inputs(shape)
        started = time.process_time()
        pipeline.submit_all(events)
        pipeline.run()
        return time.process_time() - started

    return run


def worked_in_turns(block=50, turns=600):
    """Times of deliveries of some 100 us: two pipelines that take turns of some milliseconds.

    A history costs less than what a machine's speed changes by from one second to the next, and other processes do not
    count in the time of the processor.
    """
    pipelines = {
        name: Pipeline([Work(steps=6000)], max_workers=1, history=name == HISTORY) for name in (UNWATCHED, HISTORY)
    }

    def turn(name):
        pipelines[name].submit(Event("work", left=block - 1))
        started = time.process_time()
        pipelines[name].step()
        return (time.process_time() - started) / block

    for name in pipelines:
        turn(name)  # it compiles the patterns
    return measure({name: partial(turn, name) for name in pipelines}, rounds=turns, collect=False)


def kept_bytes(bound):
    """Bytes that a history with a bound takes after many more rows than fit, as tracemalloc counts them."""
    pipeline = Pipeline(processors("ping-pong"), max_workers=1, history=bound)
    pipeline.submit(Event("ping", left=COUNT))
    tracemalloc.start()
    pipeline.run()
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return taken


def histories():
    logging.getLogger("framework").setLevel(logging.CRITICAL)  # the last stage of a chain has no receiver
    for shape in SHAPES:
        contestants = {UNWATCHED: dispatched(shape, history=False), HISTORY: dispatched(shape, history=True)}
        times = measure(contestants, rounds=21)
        table(f"{shape}: a delivery that does nothing", times, UNWATCHED, per=COUNT)
        promise(f"times the unwatched runtime, {shape}", times.ratio(HISTORY, UNWATCHED), at_most=3.3)
    times = worked_in_turns()
    table("a delivery of some 100 us", times, UNWATCHED)
    promise("percent that a history costs", 100 * (times.ratio(HISTORY, UNWATCHED) - 1), at_most=5)
    promise("MB that a history bounded by 8 MB takes", kept_bytes(8 * MEGABYTE) / MEGABYTE, at_most=8)


def flowed(jobs, items, length, *, history):
    """Seconds of a flow whose bodies do nothing, as in bench_flow.py."""

    def run():
        flow = Flow(capacity=FixedCapacity(WORKERS, length), history=history)
        for job in jobs:
            flow.add(job)
        asyncio.run(flow.run(range(items)))

    return run


def histories_of_flows():
    items = COUNT // 5
    kinds = {"items": ([trivial] * STAGES, items), f"generators that yield {TIMES}": ([ten, trivial], items // TIMES)}
    for length in (16, 1):
        for what, (jobs, count) in kinds.items():
            how = f"{what}, queues of {length}"
            times = measure(
                {name: flowed(jobs, count, length, history=name == HISTORY) for name in (UNWATCHED, HISTORY)}, rounds=9
            )
            table(f"{how}: per item at the end", times, UNWATCHED, per=items)
            promise(f"times the unwatched flow, {how}", times.ratio(HISTORY, UNWATCHED), at_most=3)


def monitor(pipeline):
    watching = ScalingMonitor(pipeline, interval=0.1)
    watching.start()
    return watching


def main():
    histories()
    histories_of_flows()
    contestants = {
        UNWATCHED: timed(lambda pipeline: None),
        MONITOR: timed(monitor),
        "recorder": timed(lambda pipeline: pipeline.observe(Recorder()), COUNT // 10),
    }
    times = measure(contestants, rounds=15)
    table("a delivery", times, UNWATCHED)
    promise("percent that a monitor costs", 100 * (times.ratio(MONITOR, UNWATCHED) - 1), at_most=5)
    finish()


if __name__ == "__main__":
    main()
