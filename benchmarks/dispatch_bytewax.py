"""bytewax as a peer of the dispatch benchmark: the handlers are the map steps of a dataflow.

Its testing source hands out the events in batches, one event at a time by default; a testing sink takes what comes out
at the end. A dataflow of bytewax has no cycles, so that ping-pong cannot be written down; it runs on one thread.
"""

import importlib.util
import time

from dispatch_shapes import handlers_of, inputs

AVAILABLE = importlib.util.find_spec("bytewax") is not None
"""It has no wheel for Python 3.13."""
SHAPES = ("one", "chain", "fan-out")


class Following:
    """A context over a map step: what the handler submits is what the step returns."""

    event = None

    def submit(self, event):
        self.event = event


def step(handler):
    context = Following()

    def mapped(event):
        handler(context, event)
        return context.event

    return mapped


def bytewax_steps(shape, batch=1):
    """A map step per processor; in a chain one after the other, otherwise side by side."""
    import bytewax.operators as op
    from bytewax.dataflow import Dataflow
    from bytewax.testing import TestingSink, TestingSource, run_main

    def run():
        dataflow = Dataflow("peer")
        stream = op.input("source", dataflow, TestingSource(inputs(shape), batch))
        steps = [step(handler) for them in handlers_of(shape).values() for handler in them]
        if shape == "chain":
            for number, mapped in enumerate(steps):
                stream = op.map(f"stage {number}", stream, mapped)
            op.output("sink", stream, TestingSink([]))
        else:
            for number, mapped in enumerate(steps):
                op.output(f"sink {number}", op.map(f"branch {number}", stream, mapped), TestingSink([]))
        started = time.perf_counter()
        run_main(dataflow)
        return time.perf_counter() - started

    return run
