"""The reactive layer: the cost of a build, of a replay, of work that leaves, and the memory of a million artifacts.

Every contestant does the same work; all are interleaved, so that a noisy machine is noisy for all.
"""

import multiprocessing
import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor

from interleaved import measure, table

from framework.core import AbstractProcessor, Event, Pipeline
from framework.reactive import ReactiveBuilder, ReactiveEvent, offload

SCALE = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
BUILDS = int(40_000 * SCALE)
ARTIFACTS = int(20_000 * SCALE)
TASKS = int(400 * SCALE)
MILLION = int(1_000_000 * SCALE)


class Source(ReactiveBuilder):
    def __init__(self, count, *, persist=False):
        super().__init__("t0", [], persist)
        self.count = count

    def build(self, context):
        yield from range(self.count)


class Step(ReactiveBuilder):
    def __init__(self, number, *, persist=False):
        super().__init__(f"t{number + 1}", [f"t{number}"], persist, name=f"step {number}")

    def build(self, context, value):
        yield value + 1


class Stage(AbstractProcessor):
    """A builder's work without the builder: a name instead of a target."""

    def __init__(self, number):
        super().__init__(f"stage {number}")
        self.interests = [(Event, f"t{number}")]
        self.following = f"t{number + 1}"

    def process(self, context, event):
        match event:
            case Event(value=value):
                context.submit(Event(self.following, value=value + 1))


class Feed(AbstractProcessor):
    """Submits in slices, as a source does."""

    def __init__(self, count):
        super().__init__()
        self.left = count

    def process(self, context, event):
        match event:
            case Event(name="start"):
                for _ in range(min(256, self.left)):
                    self.left -= 1
                    context.submit(Event("t0", value=self.left))
                if self.left:
                    context.defer(event, room_for=Event("t0"))


class Count(AbstractProcessor):
    def __init__(self, target):
        super().__init__()
        self.interests = [(ReactiveEvent, "built", target)]
        self.total = 0

    def process(self, context, event):
        match event:
            case ReactiveEvent(name="built"):
                self.total += 1


def timed(pipeline):
    started = time.perf_counter()
    pipeline.run()
    return time.perf_counter() - started


def chain(length):
    """Seconds per build of a chain; one worker, so that only the work is compared and not the threads."""
    count = BUILDS // length
    pipeline = Pipeline([Source(count), *map(Step, range(length))], max_workers=1)
    pipeline.resolve(f"t{length}")
    return timed(pipeline) / (count * length)


def bare(length):
    count = BUILDS // length
    pipeline = Pipeline([Feed(count), *map(Stage, range(length))], max_workers=1)
    pipeline.submit(Event("start"))
    return timed(pipeline) / (count * length)


def builds():
    contestants = {
        "chain of 2": lambda: chain(2),
        "chain of 20": lambda: chain(20),
        "events, chain of 20": lambda: bare(20),
    }
    medians = measure(contestants)
    table("One build", medians, "events, chain of 20", 1)
    print(f"a chain of 20 costs {medians['chain of 20'] / medians['chain of 2']:.2f}x a chain of 2 (promised: <= 1.5)")
    print(f"and {medians['chain of 20'] / medians['events, chain of 20']:.2f}x the bare runtime (promised: <= 4)\n")


def replays():
    with tempfile.TemporaryDirectory() as folder:

        def one_record():
            return replay([Source(ARTIFACTS, persist=True)], "t0", folder)

        def a_record_each():
            return replay([Source(ARTIFACTS, persist=True), Step(0, persist=True)], "t1", folder)

        one_record(), a_record_each()
        medians = measure({"one record": one_record, "a record each, and its inputs": a_record_each}, rounds=5)
    table("One replayed artifact", medians, "one record", ARTIFACTS)
    for name, seconds in medians.items():
        print(f"{name}: {ARTIFACTS / seconds:,.0f} artifacts/s (promised: >= 50,000)")
    print()


def replay(builders, target, folder):
    count = Count(target)
    pipeline = Pipeline([*builders, count], workspace=folder)
    pipeline.resolve(target)
    seconds = timed(pipeline)
    assert count.total == ARTIFACTS
    return seconds


def five_milliseconds(number):
    time.sleep(0.005)
    return [number]


def on_dask():
    from distributed import Client, LocalCluster

    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}
    with LocalCluster(**options) as cluster, Client(cluster) as client:
        executor = client.get_executor(pure=False)

        def offloaded():
            pipeline = Pipeline([Source(TASKS), offload("out", ["t0"], five_milliseconds, executor), Count("out")])
            pipeline.resolve("out")
            return timed(pipeline)

        def mapped():
            started = time.perf_counter()
            client.gather(client.map(five_milliseconds, range(TASKS), pure=False))
            return time.perf_counter() - started

        offloaded(), mapped()
        medians = measure({"client.map": mapped, "offload": offloaded}, rounds=5)
    table("A task of 5 ms on two workers of Dask", medians, "client.map", TASKS, "ms")
    print(f"offload keeps {medians['client.map'] / medians['offload']:.0%} of the throughput (promised: >= 80 %)\n")


def busy(number):
    return [sum(value * value for value in range(200_000 + number))]


class Busy(ReactiveBuilder):
    def __init__(self):
        super().__init__("out", ["t0"])

    def build(self, context, number):
        return busy(number)


def on_processes():
    count = max(8, int(60 * SCALE))
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, spawn) as one, ProcessPoolExecutor(2, spawn) as two:

        def run(builder):
            pipeline = Pipeline([Source(count), builder, Count("out")])
            pipeline.resolve("out")
            return timed(pipeline)

        contestants = {
            "here": lambda: run(Busy()),
            "1 process": lambda: run(offload("out", ["t0"], busy, one)),
            "2 processes": lambda: run(offload("out", ["t0"], busy, two)),
        }
        for warm in contestants.values():
            warm()
        medians = measure(contestants, rounds=5)
    table("A build that computes", medians, "here", count, "ms")
    print(f"2 processes: {medians['here'] / medians['2 processes']:.2f}x (promised: >= 1.7)\n")


def memory():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    count = Count("t2")
    pipeline = Pipeline([Source(MILLION), Step(0), Step(1), count])
    pipeline.resolve("t2")
    seconds = timed(pipeline)
    assert count.total == MILLION
    growth = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(
        f"### Memory\n\n{MILLION:,} artifacts through two builders in {seconds:.1f} s: "
        f"{growth:.0f} MB more (promised: < 200)\n"
    )


if __name__ == "__main__":
    memory()  # first, because it looks at the most that the process ever took
    builds()
    replays()
    on_processes()
    on_dask()
