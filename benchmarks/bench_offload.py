"""Work that leaves: `offload` beside the bare executor that it runs on, in processes and on a cluster of Dask.

All contestants call the same function on the same inputs, on the same two workers, which are up before the clock
starts. "submit, 128 under way" is what one writes to keep no more waiting than that, as `offload` does.
"""

import multiprocessing
import time
from collections import deque
from concurrent.futures import ProcessPoolExecutor

from interleaved import measure, table
from promises import beaten, finish, promise

from framework.core import AbstractProcessor, Pipeline
from framework.reactive import ReactiveBuilder, ReactiveEvent, offload

WINDOW = 128
HERE, OFFLOAD = "a builder here", "offload"
MAP, SUBMIT, DASK = "pool.map", f"submit, {WINDOW} under way", "client.map"
REASONS = {
    **dict.fromkeys(
        (MAP, SUBMIT),
        "every input is an event of its own: it is pickled by value where needed, comes back in order, fails alone and "
        "can be repeated; the way to another process and back costs less than that",
    ),
    DASK: "it hands all tasks to the cluster in one message; ours follow one by one as there is room, so that a source "
    "may be endless",
}


def computes(number):
    """Some 8 ms of work."""
    return [sum(value * value for value in range(200_000 + number))]


def nothing(number):
    """Only the way there and back counts."""
    return [number]


def sleeps(number):
    """5 ms."""
    time.sleep(0.005)
    return [number]


class Numbers(ReactiveBuilder):
    def __init__(self, count):
        super().__init__("numbers", [])
        self.count = count

    def build(self, context):
        yield from range(self.count)


class Computes(ReactiveBuilder):
    def __init__(self):
        super().__init__("out", ["numbers"])

    def build(self, context, number):
        return computes(number)


class Count(AbstractProcessor):
    def __init__(self):
        self.total = 0

    def process(self, context, event):
        match event:
            case ReactiveEvent(name="built", target="out"):
                self.total += 1


def run(builder, count):
    counted = Count()
    pipeline = Pipeline([Numbers(count), builder, counted])
    pipeline.resolve("out")
    started = time.perf_counter()
    pipeline.run()
    elapsed = time.perf_counter() - started
    assert counted.total == count
    return elapsed


def mapped(pool, function, count):
    assert len(list(pool.map(function, range(count)))) == count


def submitted(pool, function, count):
    """A window of futures, awaited in the order of their inputs."""
    waiting, done = deque(), 0
    for number in range(count):
        if len(waiting) == WINDOW:
            waiting.popleft().result()
            done += 1
        waiting.append(pool.submit(function, number))
    while waiting:
        waiting.popleft().result()
        done += 1
    assert done == count


def contest(title, contestants, count, rounds):
    """Measure them, after a first run of each that counts for nothing."""
    for run_once in contestants.values():
        run_once()
    times = measure(contestants, rounds)
    table(title, times, OFFLOAD, count, "ms")
    beaten(title, times.against(OFFLOAD, [name for name in contestants if name != HERE]), REASONS)
    return times


def on_processes():
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, spawn) as pool:

        def beside(function, count):
            return {
                OFFLOAD: lambda: run(offload("out", ["numbers"], function, pool), count),
                MAP: lambda: mapped(pool, function, count),
                SUBMIT: lambda: submitted(pool, function, count),
            }

        count = 64
        contestants = beside(computes, count) | {HERE: lambda: run(Computes(), count)}
        times = contest("a task that computes, on two processes", contestants, count, rounds=7)
        promise("share of the throughput of a bare process pool", times.ratio(SUBMIT, OFFLOAD), at_least=0.9)
        promise("times as fast as a builder here", times.ratio(HERE, OFFLOAD), at_least=1.5)
        count = 2000
        times = contest("a task that does nothing, on two processes", beside(nothing, count), count, rounds=9)
        promise("share of it with tasks that do nothing", times.ratio(SUBMIT, OFFLOAD), at_least=0.4)


def on_dask():
    from distributed import Client, LocalCluster

    count = 400
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}
    with LocalCluster(**options) as cluster, Client(cluster) as client:
        executor = client.get_executor(pure=False)
        contestants = {
            OFFLOAD: lambda: run(offload("out", ["numbers"], sleeps, executor), count),
            DASK: lambda: client.gather(client.map(sleeps, range(count), pure=False)),
        }
        times = contest("a task of 5 ms, on two workers of Dask", contestants, count, rounds=7)
    promise("share of the throughput of client.map", times.ratio(DASK, OFFLOAD), at_least=0.7)


if __name__ == "__main__":
    on_processes()
    on_dask()
    finish()
