"""Processors in one line, for tests that are about the runtime and not about patterns."""

import threading
from collections.abc import Callable
from typing import Any

from framework.core import AbstractProcessor, Context, Event, Pipeline
from framework.observe import RunReport

PATIENCE = 30.0  # seconds; only a test that is about to fail waits so long


def processor(handle: Callable[[Context, Any], object], *names: str, name: str = "sample", **kwargs: Any) -> Any:
    """A processor that has `handle` called with the events of those names."""

    class Sample(AbstractProcessor):
        interests = [(Event, wanted) for wanted in names]  # noqa: RUF012 - as users write it

        def process(self, context: Context, event: Event) -> None:
            handle(context, event)

    return Sample(name=name, **kwargs)


def run(*processors: AbstractProcessor, events: Any = (), **options: Any) -> RunReport:
    """Run a pipeline of these processors on these events to its end."""
    pipeline = Pipeline(processors, **options)
    for event in events:
        pipeline.submit(event)
    return pipeline.run()


def ignore(context: Context, event: Event) -> None:
    """Handle an event by doing nothing."""


def fail(context: Context, event: Event) -> None:
    """Raise a ValueError for any event."""
    raise ValueError("boom")


class Gate:
    """Lets a delivery be met where it is, and go on when the test says so."""

    def __init__(self) -> None:
        self._entered = threading.Event()
        self._opened = threading.Event()

    def __call__(self, *_: object) -> None:
        """Say that the delivery is here, and wait."""
        self._entered.set()
        assert self._opened.wait(PATIENCE), "the gate stayed closed"

    def met(self) -> None:
        """Wait until the delivery is here."""
        assert self._entered.wait(PATIENCE), "no delivery came to the gate"

    def open(self) -> None:
        """Let it go on."""
        self._opened.set()


CONTROL = ("__INIT__", "__PHASE__", "__POISON__")


def journal(*names, name="journal"):
    """A processor and the list of the events that it got: names, and numbers of phases."""
    seen = []

    def note(context, event):
        seen.append(event.phase if event.name == "__PHASE__" else event.name)

    return processor(note, *CONTROL, *names, name=name), seen


def working_for(phases):
    """A processor that causes work in each of the first phases."""

    def work(context, event):
        if event.name == "__PHASE__" and event.phase <= phases:
            context.submit(Event("more"))

    return processor(work, "__PHASE__", "more", name="working")
