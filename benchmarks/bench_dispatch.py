"""Event dispatch: the cost of a delivery against a plain call of the same body, and against peers.

Peers do the same work: every delivery runs the same `match` body. pykka and the executor have mailboxes and threads as
we do; streamz, reactivex, blinker and pyee call synchronously and are compared with one worker.
"""

import time

from dispatch_peers import (
    blinker_signals,
    executor,
    pyee_emitter,
    pykka_actors,
    reactivex_subjects,
    streamz_streams,
)
from dispatch_shapes import COUNT, SHAPES, Sum, handlers_of, inputs, processors
from interleaved import finish, measure, promise, table

from framework.core import AbstractProcessor, Event, Pipeline


class PlainContext:
    """Calls the next body at once; the floor that a runtime is measured against."""

    def __init__(self):
        self.handlers = {}
        self.pending = []

    def submit(self, event):
        self.pending.append(event)

    def run(self):
        handlers, pending = self.handlers, self.pending
        while pending:
            event = pending.pop()
            for handler in handlers.get(event.name, ()):
                handler(self, event)


def timed_run(pipeline, submitted):
    for event in submitted:
        pipeline.submit(event)
    started = time.perf_counter()
    pipeline.run()
    return time.perf_counter() - started


PEERS = {"pykka": 2.5, "streamz": 2, "blinker": 1.3, "ThreadPoolExecutor": 5, "reactivex": 0.9, "pyee": 0.9}


def plain(shape):
    def run():
        context = PlainContext()
        context.handlers = handlers_of(shape)
        context.pending = inputs(shape)[::-1]
        started = time.perf_counter()
        context.run()
        return time.perf_counter() - started

    return run


def framework(shape, workers):
    def run():
        return timed_run(Pipeline(processors(shape), max_workers=workers), inputs(shape))

    return run


def blocking():
    """How close sleeping bodies come to the ideal with 4 workers."""

    class Sleeper(AbstractProcessor):
        def __init__(self, number):
            self.number = number

        def process(self, context, event):
            match event:
                case Event(name="work"):
                    time.sleep(0.001)

    def plain_sleeps():
        started = time.perf_counter()
        for _ in range(200):
            time.sleep(0.001)
        return time.perf_counter() - started

    def run():
        return timed_run(Pipeline([Sleeper(n) for n in range(4)], max_workers=4), [Event("work") for _ in range(200)])

    medians = measure({"200 sleeps, plain": plain_sleeps, "4 x 200 sleeps, 4 workers": run}, rounds=5)
    share = medians["200 sleeps, plain"] / medians["4 x 200 sleeps, 4 workers"]
    print("### blocking processors\n")
    promise("share of the ideal that 4 workers reach with 1 ms bodies", share, at_least=0.95)
    print()


def small():
    """A pipeline of one event, from construction to the report."""

    def run():
        pipeline = Pipeline([Sum()])
        pipeline.submit(Event("add", value=1))
        pipeline.run()

    medians = measure({"one event": run}, rounds=31)
    print("### a pipeline of one event\n")
    promise("milliseconds from construction to the report", medians["one event"] * 1e3, at_most=3)


def main():
    for shape in SHAPES:
        contestants = {
            "plain": plain(shape),
            "framework, 1 worker": framework(shape, 1),
            "framework, 4 workers": framework(shape, 4),
            "ThreadPoolExecutor": executor(shape),
            "pykka": pykka_actors(shape),
            "streamz": streamz_streams(shape),
            "reactivex": reactivex_subjects(shape),
            "blinker": blinker_signals(shape),
            "pyee": pyee_emitter(shape),
        }
        medians = measure(contestants, rounds=5)
        table(f"{shape}, {COUNT} deliveries", medians, "plain", COUNT)
        for ours in ("framework, 1 worker", "framework, 4 workers"):
            promise(f"{shape}: {ours}, times a plain call", medians[ours] / medians["plain"], at_most=2)
        for peer, factor in PEERS.items():
            ratio = medians[peer] / medians["framework, 1 worker"]
            promise(f"{shape}: {peer} over framework", ratio, at_least=factor)
        print()
    blocking()
    small()
    finish()


if __name__ == "__main__":
    main()
