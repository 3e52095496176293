"""What the tests of runs share."""

import sys
from contextlib import suppress

import pytest
from samples import PATIENCE, Gate, processor

from framework.core import Event, Pipeline
from framework.errors import FrameworkError


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
    with suppress(FrameworkError):
        running.wait(PATIENCE)


@pytest.fixture
def typing(monkeypatch):
    """Types these lines at the debugger's prompt: `typing("p n", "c")`."""

    def types(*lines):
        left = iter(lines)
        monkeypatch.setattr("builtins.input", lambda _="": next(left))

    tracing = sys.gettrace()
    yield types
    sys.settrace(tracing)  # the debugger took it away, and with it the measurement of coverage
