"""The notebook layer: quick pictures, clicks that stay usable, and watching that is free."""

import asyncio
import json
import subprocess
import sys
import time

from interleaved import measure, table
from promises import finish, promise

from framework.core import AbstractProcessor, Event, Pipeline
from framework.flow import Flow
from framework.notebook import Drawing, PhaseStepper, ScalingMonitor
from framework.notebook.graphs.layout import layout_svg
from framework.notebook.stepper.stepper_view import StepperView
from framework.observe import Edge, Graph, Node

PROCESSORS = 1000
DELIVERIES = 100_000
ITEMS = 60_000


def chain(length):
    nodes = tuple(Node(f"n{number}x", "job", f"n{number}x") for number in range(length))
    edges = tuple(Edge(nodes[number // 2].key, nodes[number].key, "next") for number in range(1, length))
    return Graph("tree", nodes, edges)


def draw(length):
    layout_svg.cache_clear()
    graph = chain(length)
    started = time.perf_counter()
    _ = Drawing(graph).svg
    return time.perf_counter() - started


class Relay(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="go"):
                context.submit(Event(name="went"))


def click():
    pipeline = Pipeline([Relay(f"Relay-{number}") for number in range(PROCESSORS)], strict_interest_inference=True)
    pipeline.submit(Event(name="go"))
    view = StepperView(PhaseStepper(pipeline))
    view.picture()
    started = time.perf_counter()
    view.handle({"do": "step"})
    json.dumps(view.state())
    view.picture()
    return time.perf_counter() - started


class Count(AbstractProcessor):
    def __init__(self):
        self.total = 0

    def process(self, context, event):
        match event:
            case Event(name="add", value=value):
                self.total += value


def deliver(*, watched):
    pipeline = Pipeline([Count()], strict_interest_inference=True)
    for value in range(DELIVERIES):
        pipeline.submit(Event("add", value=value))
    monitor = ScalingMonitor(pipeline, interval=0.1)
    if watched:
        monitor.start()
    started = time.perf_counter()
    pipeline.run()
    took = time.perf_counter() - started
    monitor.close()
    return took


async def _flow(*, watched):
    async def double(item):
        await asyncio.sleep(0)
        return 2 * item

    flow = Flow().add(double).add(double, name="again")
    monitor = ScalingMonitor(flow, interval=0.1)
    if watched:
        monitor.start()
    started = time.perf_counter()
    await flow.run(range(ITEMS))
    took = time.perf_counter() - started
    monitor.close()
    return took


def flow(*, watched):
    return asyncio.run(_flow(watched=watched))


def main():
    subprocess.run([sys.executable, "-c", "import framework.notebook"], check=True)  # compiles what was not yet
    imported = measure(
        {"import": lambda: _imported("framework.notebook"), "python": lambda: _imported("sys")}, rounds=5
    )
    promise("import framework.notebook, seconds", imported["import"] - imported["python"], at_most=1.5)

    draw(2)
    pictures = measure({"50 nodes": lambda: draw(50), "300 nodes": lambda: draw(300)})
    table("A picture, after the first", pictures, "50 nodes", 1, "ms")
    promise("50 nodes, ms", pictures["50 nodes"] * 1000, at_most=100)
    promise("300 nodes, ms", pictures["300 nodes"] * 1000, at_most=1000)
    clicks = measure({"click": click}, rounds=5)
    promise(f"a click on Step over {PROCESSORS:,} processors, ms", clicks["click"] * 1000, at_most=500)

    runs = {
        "pipeline": lambda: deliver(watched=False),
        "pipeline, watched": lambda: deliver(watched=True),
        "flow": lambda: flow(watched=False),
        "flow, watched": lambda: flow(watched=True),
    }
    watched = measure(runs, rounds=9)
    for name in ("pipeline", "flow"):
        promise(f"a {name} while it is watched, times unwatched", watched.ratio(f"{name}, watched", name), at_most=1.05)
    finish()


def _imported(module):
    subprocess.run([sys.executable, "-c", f"import {module}"], check=True)


if __name__ == "__main__":
    main()
