"""The notebook layer: what pictures and clicks cost beside the work in them, and watching, which is free.

A picture is beside the layout alone, which Graphviz does: the same text in DOT. A click on Step is beside the step of
the same pipeline and one picture: it also records for the tabs, keeps what the slider shows, reads attributes and
findings, groups the graph anew, and makes the state that goes to the browser. 32 workers write to one recorder.
"""

import asyncio
import json
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
SMALL, LARGE, LAYOUT = "a picture of 50 nodes", "a picture of 300 nodes", "the layout of 50 nodes"
CLICK, STEP = "a click on Step", "the step and a picture"


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


def lay_out(length):
    layout_svg.cache_clear()
    dot = Drawing(chain(length)).dot
    started = time.perf_counter()
    layout_svg(dot)
    return time.perf_counter() - started


class Relay(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="go"):
                context.submit(Event(name="went"))


def relays():
    pipeline = Pipeline([Relay(f"Relay-{number}") for number in range(PROCESSORS)], strict_interest_inference=True)
    pipeline.submit(Event(name="go"))
    return pipeline


def step():
    pipeline = relays()
    view = StepperView(PhaseStepper(pipeline))
    view.picture()
    started = time.perf_counter()
    pipeline.step()
    view.picture()
    return time.perf_counter() - started


def click():
    view = StepperView(PhaseStepper(relays()))
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
    draw(2)
    times = measure({SMALL: lambda: draw(50), LARGE: lambda: draw(300), LAYOUT: lambda: lay_out(50)})
    table("A picture, after the first", times, LAYOUT, 1, "ms")
    promise(f"{SMALL}, times its layout", times.ratio(SMALL, LAYOUT), at_most=2.5)
    promise(f"{LARGE}, times that of 50", times.ratio(LARGE, SMALL), at_most=8)
    clicks = measure({CLICK: click, STEP: step})
    table(f"A click on Step over {PROCESSORS:,} processors", clicks, STEP, 1, "ms")
    promise("a click on Step, times the step and a picture", clicks.ratio(CLICK, STEP), at_most=12)

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


if __name__ == "__main__":
    main()
