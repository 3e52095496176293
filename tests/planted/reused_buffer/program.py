from reused_buffer.batching import Batches, Means

from framework.core import Event, Pipeline


def run(_folder):
    pipeline = Pipeline([Batches(size=4), Means()], history=True)
    pipeline.submit_all(Event("measured", value=float(number)) for number in range(16))
    return pipeline.run().findings
