"""What the tests of runs share."""

import pytest
from samples import PATIENCE, Gate, processor

from framework.core import Event, Pipeline


@pytest.fixture
def paused():
    """A pipeline that runs in the background, its gate, and its run; the delivery has begun."""
    gate = Gate()
    pipeline = Pipeline([processor(gate, "a")], name="paused", grace=PATIENCE)
    for _ in range(3):
        pipeline.submit(Event("a"))
    running = pipeline.start()
    gate.met()
    yield pipeline, gate, running
    gate.open()
    running.join()
