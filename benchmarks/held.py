"""Bytes that many things of a kind take while they wait: `held.py SCENE COUNT`, in a process of its own.

A scene yields when all is ready, makes its things, and yields again: what the process has grown by in between is what
they take, allocator, threads and native code included. A scene that measures otherwise yields its bytes.
"""

import asyncio
import gc
import os
import sys
import tempfile
from pathlib import Path

import held_peers
import psutil
from held_peers import works

from framework.core import AbstractProcessor, Event, Pipeline
from framework.flow import FixedCapacity, Flow
from framework.observe import Recorder
from framework.reactive import ReactiveBuilder, ReactiveEvent

PROCESS = psutil.Process()


def resident():
    return PROCESS.memory_info().rss


class Wants(AbstractProcessor):
    def __init__(self, number):
        super().__init__(f"wants {number}")

    def process(self, context, event):
        match event:
            case Event(name="work", value=value):
                self.last = value


class Relay(AbstractProcessor):
    """Its own next event."""

    def process(self, context, event):
        match event:
            case Event(name="relay", left=left) if left:
                context.submit(Event("relay", left=left - 1))


class Numbers(ReactiveBuilder):
    def __init__(self, count):
        super().__init__("t0", [])
        self.count = count

    def build(self, context):
        yield from range(self.count)


class Step(ReactiveBuilder):
    def __init__(self, number, *, persist=False):
        super().__init__(f"t{number + 1}", [f"t{number}"], persist, name=f"step {number}")

    def build(self, context, value):
        yield value + 1


class Most(AbstractProcessor):
    """Looks now and then at how large the process is."""

    def __init__(self, target):
        super().__init__()
        self.interests = [(ReactiveEvent, "built", target)]
        self.total = 0
        self.most = 0

    def process(self, context, event):
        match event:
            case ReactiveEvent(name="built"):
                self.total += 1
                if self.total % 10_000 == 0:
                    self.most = max(self.most, resident())


def events_queued(count):
    pipeline = Pipeline([Wants(0)])
    yield
    for event in works(count):
        pipeline.submit(event)
    yield


def events_queued_for_1000(count):
    """Each waits for a thousand processors; `count` counts deliveries."""
    pipeline = Pipeline([Wants(number) for number in range(1000)])
    yield
    for event in works(count // 1000):
        pipeline.submit(event)
    yield


def artifacts_queued(count):
    pipeline = Pipeline([Step(0)])
    yield
    for number in range(count):
        pipeline.submit(ReactiveEvent("built", "t0", artifact=number))
    yield


def artifacts_passing(count):
    """At most, while they go from builder to builder."""
    most = Most("t2")
    pipeline = Pipeline([Numbers(count), Step(0), Step(1), most])
    pipeline.resolve("t2")
    before = resident()
    yield
    pipeline.run()
    assert most.total == count
    yield most.most - before


def artifacts_in_memory(count):
    pipeline = Pipeline([Numbers(count), Step(0, persist=True)])
    pipeline.resolve("t1")
    yield
    pipeline.run()
    yield


def artifacts_on_disk(count):
    with tempfile.TemporaryDirectory() as folder:
        pipeline = Pipeline([Numbers(count), Step(0, persist=True)], workspace=folder)
        pipeline.resolve("t1")
        yield
        pipeline.run()
        yield sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())


async def gate_shut(item):
    await asyncio.Event().wait()


def items_queued(count):
    flow = Flow(capacity=FixedCapacity(1, count)).add(gate_shut)

    async def fill():
        for item in range(count):
            await flow.put(item)

    with asyncio.Runner() as runner:
        runner.run(flow.start())
        yield
        runner.run(fill())
        yield


def processors_idle(count):
    yield
    pipeline = Pipeline(map(Wants, range(count)))
    pipeline.step()
    yield


def builders_idle(count):
    yield
    pipeline = Pipeline(map(Step, range(count)))
    pipeline.step()
    yield


def jobs_idle(count):
    """Each with one worker."""
    flow = Flow(capacity=FixedCapacity(1, 16))
    with asyncio.Runner() as runner:
        runner.run(asyncio.sleep(0))
        yield
        for number in range(count):
            flow.add(gate_shut, name=f"job {number}")
        runner.run(flow.start())
        yield


def deliveries_recorded(count):
    """A delivery is three records: submitted, started, finished."""
    pipeline = Pipeline([Relay()])
    recorder = Recorder()
    pipeline.observe(recorder)
    pipeline.submit(Event("relay", left=count))
    yield
    pipeline.run()
    assert not recorder.dropped
    yield


def recorder_full(_):
    pipeline = Pipeline([Relay()])
    recorder = Recorder()
    pipeline.observe(recorder)
    pipeline.submit(Event("relay", left=60_000))
    yield
    pipeline.run()
    assert recorder.dropped
    yield


def main():
    name, count = sys.argv[1], int(sys.argv[2])
    scenes = vars(held_peers) | globals()
    scene = scenes[name](count)
    next(scene)
    gc.collect()
    before = resident()
    own = next(scene)
    gc.collect()
    print((resident() - before if own is None else own) / count, flush=True)
    os._exit(0)  # what waits is not waited for


if __name__ == "__main__":
    main()
