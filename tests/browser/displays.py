"""Cells that show what there is to show, written so that every kind of notebook can run them."""

from __future__ import annotations

PIPELINE = """\
import asyncio
import logging
import framework.notebook
from framework.core import AbstractProcessor, Event, Pipeline
from framework.flow import Flow, UtilizationCapacity
from framework.notebook import routing_graph

logging.getLogger("framework").setLevel(logging.CRITICAL)


class Read(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="start", count=count):
                for number in range(count):
                    context.submit(Event(name="line", number=number))


class Parse(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="line", number=number):
                if number == 3:
                    raise ValueError("<b>three</b>")
                context.submit(Event(name="parsed", number=number))


class Total(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.total = 0

    def process(self, context, event):
        match event:
            case Event(name="parsed", number=number):
                self.total += number
            case Event(name="__PHASE__", phase=phase) if phase < 3:
                context.submit(Event(name="start", count=phase))


def made(name):
    pipeline = Pipeline([Read(), Parse(), Total()], strict_interest_inference=True, name=name, on_error="keep")
    pipeline.submit(Event(name="start", count=5))
    return pipeline"""

FLOW = """\
async def fetch(item):
    await asyncio.sleep(0.004)
    return item


async def parse(item):
    await asyncio.sleep(0.02)
    if item % 97 == 0:
        raise ValueError("<b>no page</b>")
    return item


capacity = UtilizationCapacity(initial_workers=1, max_workers=6, sampling=0.5, cooldown=1, dampening=0.5)
flow = Flow(capacity=capacity, name="crawl").add(fetch).add(parse)
monitor = flow.watch()
monitor"""

STATIC = (
    PIPELINE,
    'drawn = made("drawn")\ndrawn',
    'drawn.explain(Event(name="line", number=1))',
    "report = drawn.run()\nreport",
    "report.failures",
    "routing_graph(report and drawn)",
    'stepper = made("stepped").stepper()\nstepper',
    FLOW,
)
CELLS = (
    *STATIC,
    "running = asyncio.create_task(flow.run(range(100_000)))",
)
