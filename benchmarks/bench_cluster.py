"""`offload` on a Dask cluster beside `client.map`: 10,000 inputs, a worker that is killed or added, frames of 10 MB.

The cluster is that of the tutorial (notebooks/03): two worker processes of one thread each. The work is the tutorial's
as well: the nearest of some 400 places, for places that come again and again.
"""

import csv
import math
import os
import signal
import sys
import tempfile
import threading
import time
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import pandas as pd
from distributed import Client, LocalCluster
from interleaved import measure, table
from promises import beaten, finish, promise

from framework.core import AbstractProcessor, Pipeline
from framework.reactive import ReactiveEvent, offload, reactive

SCALE = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 1  # each takes minutes
INPUTS, FRAMES = int(10_000 * SCALE), max(2, int(20 * SCALE))
MEGABYTE = 1 << 20
FRAME = 10 * MEGABYTE
MAP, OFFLOAD = "client.map", "offload"
KILLED, ADDED = "offload, a worker is killed", "offload, from one worker to two"
ONCE, TWICE = "two builders on the same frames", "client.map, twice on the same frames"
REASON = (
    "it hands all tasks to the scheduler in one message; ours follow one by one as there is room, come back in order, "
    "and fail alone"
)
DATA = Path(__file__).parents[1] / "notebooks" / "data" / "timezones" / "zones.csv"
OPTIONS = {"threads_per_worker": 1, "dashboard_address": ":0", "silence_logs": 50}

with DATA.open(encoding="utf-8") as rows:
    PLACES = [(row["zone"], float(row["latitude"]), float(row["longitude"])) for row in csv.DictReader(rows)]


def distance(one, other):
    """Great-circle distance in km, by the haversine formula."""
    (_, lat1, lon1), (_, lat2, lon2) = one, other
    a = math.sin(math.radians(lat2 - lat1) / 2) ** 2
    b = math.cos(math.radians(lat1)) * math.cos(math.radians(lat2)) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    return 2 * 6371.0 * math.asin(math.sqrt(a + b))


def nearest(number, place, others):
    """The nearest other place, and the process that found it."""
    return [(number, min((distance(place, other), other[0]) for other in others if other != place), os.getpid())]


class Sink(AbstractProcessor):
    def __init__(self, *targets):
        super().__init__()
        self.interests = [(ReactiveEvent, "built", target) for target in targets]
        self.found = []
        self.some = threading.Event()

    def process(self, context, event):
        match event:
            case ReactiveEvent(artifact=artifact):
                self.found.append(artifact)
                if len(self.found) == INPUTS // 4:
                    self.some.set()


def places():
    return enumerate(islice(cycle(PLACES), INPUTS))


def ran(source, *builders):
    """Run builders on a source, without failures; returns what they announced."""
    sink = Sink(*(builder.provides for builder in builders))
    pipeline = Pipeline([source, *builders, sink])
    for builder in builders:
        pipeline.resolve(builder.provides)
    pipeline.run()
    return sink


def worker(client):
    """A source of the places, and a builder that sends them to the cluster."""

    @reactive(provides="place", requires=[])
    def source():
        yield from places()

    return source(), offload("nearest", ["*place"], lambda number, place: nearest(number, place, PLACES), client)


def offloaded(client):
    return ran(*worker(client)).found


def mapped(client):
    numbers, given = zip(*places(), strict=True)
    futures = client.map(lambda number, place: nearest(number, place, PLACES), numbers, given, pure=False)
    return [found for (found,) in client.gather(futures)]


def disturbed(client, disturb):
    """Offload, and disturb the cluster when a quarter of the results is there."""
    source, builder = worker(client)
    sink = Sink("nearest")
    pipeline = Pipeline([source, builder, sink])
    pipeline.resolve("nearest")
    run = pipeline.start()
    sink.some.wait()
    disturb()
    run.wait()
    return sink.found


def many_inputs():
    results = {}
    with LocalCluster(n_workers=2, **OPTIONS) as cluster, Client(cluster) as client:
        client.wait_for_workers(2)
        client.gather(client.map(len, ["what a first task costs"] * 8, pure=False))

        def kill():
            os.kill(client.run(os.getpid).popitem()[1], signal.SIGKILL)

        def keep(name, run):
            client.wait_for_workers(2)
            started = time.perf_counter()
            results[name] = run()
            return time.perf_counter() - started

        contestants = {
            MAP: lambda: keep(MAP, lambda: mapped(client)),
            OFFLOAD: lambda: keep(OFFLOAD, lambda: offloaded(client)),
            KILLED: lambda: keep(KILLED, lambda: disturbed(client, kill)),
        }
        times = measure(contestants, ROUNDS)
    with LocalCluster(n_workers=1, **OPTIONS) as cluster, Client(cluster) as client:
        added = disturbed(client, lambda: cluster.scale(2))
    table(f"{INPUTS:,} inputs on two workers of Dask", times, MAP, INPUTS, unit="ms")
    expected = [found[:2] for found in results[MAP]]
    same = all([found[:2] for found in each] == expected for each in (results[OFFLOAD], results[KILLED], added))
    promise("results that differ from those of client.map, a worker killed and one added", int(not same), at_most=0)
    counts = [pid for *_, pid in added]
    share = min(counts.count(pid) for pid in set(counts)) / len(counts) if len(set(counts)) > 1 else 0
    promise("share of the worker that was added after a quarter of the inputs", share, at_least=0.05)
    promise(f"{INPUTS:,} inputs, offload, times client.map", times.ratio(OFFLOAD, MAP), at_most=4)
    promise("the same with a worker killed, times undisturbed", times.ratio(KILLED, OFFLOAD), at_most=3)
    beaten("inputs on a cluster", times.against(OFFLOAD, [MAP]), {MAP: REASON})


def frame(number):
    return pd.DataFrame({"value": np.full(FRAME // 8, number, dtype=np.int64)})


def first(table):
    return [int(table["value"].iloc[0])]


def last(table):
    return [int(table["value"].iloc[-1])]


def large_inputs():
    with LocalCluster(n_workers=2, **OPTIONS) as cluster, Client(cluster) as client:
        client.wait_for_workers(2)
        sent, scatter = [], client.scatter

        def noting(data, **options):
            sent.extend(map(len, data))
            return scatter(data, **options)

        client.scatter = noting

        @reactive(provides="table", requires=[])
        def tables():
            yield from map(frame, range(FRAMES))

        def builders():
            sent.clear()
            ran(tables(), offload("first", ["table"], first, client), offload("last", ["table"], last, client))

        def twice():
            given = list(map(frame, range(FRAMES)))
            for function in (first, last):
                client.gather(client.map(function, given, pure=False))

        times = measure({TWICE: twice, ONCE: builders}, ROUNDS)
        megabytes = sum(sent) / MEGABYTE
    table(f"{FRAMES} frames of 10 MB, each used twice", times, TWICE, FRAMES, unit="ms")
    promise("megabytes that are sent for each megabyte of input", megabytes / (FRAMES * FRAME / MEGABYTE), at_most=1.1)
    promise("frames of 10 MB, two builders, times client.map twice", times.ratio(ONCE, TWICE), at_most=1.5)


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DASK_TEMPORARY_DIRECTORY"] = folder
        many_inputs()
        large_inputs()
    finish()


if __name__ == "__main__":
    main()
