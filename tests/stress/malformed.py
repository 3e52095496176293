"""What a malformed input is, and the world in which all are tried: it holds work that no error may lose."""

import asyncio
import contextlib
import itertools
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from framework.archive import Session, Workspace
from framework.core import AbstractProcessor, Event, Pipeline, caching
from framework.flow import FixedCapacity, Flow
from framework.reactive import ReactiveBuilder, ReactiveEvent

RECORDS = {"k": 1, "m": [2, 3]}


class Case(NamedTuple):
    """A sentence, what is done, the error, and what in its text names the culprit and the remedy."""

    what: str
    do: Callable[[Any], object]
    error: type[BaseException]
    culprit: str
    remedy: str


def each(what, values, do, error, culprit, remedy):  # noqa: PLR0913, PLR0917 - a line of a table
    """A case for each of some values; the message names the value as well where `culprit` has an asterisk."""
    return [
        Case(
            f"{what} {_named(value)}",
            _with(do, value),
            error,
            culprit.replace("*", repr(value)),
            remedy,
        )
        for value in values
    ]


def _named(value):
    """The value, in words that are the same in every process."""
    text = repr(value)
    return text[:40] if " at 0x" not in text else getattr(value, "__qualname__", type(value).__qualname__)


def _with(do, value):
    return lambda world: do(world, value)


class Counter(AbstractProcessor):
    """Keeps and counts what it gets."""

    def __init__(self, step=1):
        super().__init__()
        self.step, self.got = step, []

    @caching
    def process(self, context, event):
        match event:
            case Event("tick", n=n):
                self.got.append(n)
                context.submit(Event("tock", n=n))


class Numbers(ReactiveBuilder):
    """A source."""

    def __init__(self):
        super().__init__("numbers", [], persist=True)

    def build(self, context):
        yield from (1, 2, 3)


class Taker(AbstractProcessor):
    """Takes the artifacts."""

    def __init__(self):
        super().__init__()
        self.got = []

    def process(self, context, event):
        match event:
            case ReactiveEvent("built", target="numbers", artifact=artifact):
                self.got.append(artifact)


async def double(item):
    return 2 * item


class World:
    """A pipeline with work to do on a workspace with records, and a flow."""

    def __init__(self, folder):
        self.folder = folder
        self.path = folder / "workspace"
        self._numbers = itertools.count()
        with Workspace(self.path) as workspace:
            workspace.archive("kept").update(RECORDS)
        self.pipeline = working(self.path)
        self.flow = Flow(capacity=FixedCapacity(2), name="line").add(double, name="double")

    def place(self, content=None):
        """A path that is not there yet, or a file."""
        path = self.folder / f"place{next(self._numbers)}"
        if content is not None:
            path.write_bytes(content)
        return path

    def ended(self):
        """Another such pipeline, run to its end."""
        pipeline = working(self.place())
        pipeline.run()
        return pipeline

    def session(self):
        """A session on another workspace."""
        return Session(self.place(), "a user")

    def archive(self):
        """An archive of another workspace, open for writing."""
        return self.session().archive("other")

    def check(self):
        """Everything is done exactly once, and nothing is missing."""
        report = self.pipeline.run()
        assert self.pipeline["Counter"].got == [1]
        assert self.pipeline["Taker"].got == [1, 2, 3]
        assert not report.failures
        with Workspace(self.path) as workspace:
            assert dict(workspace.archive("kept")) == RECORDS
            counts = {entry.name: entry.records for entry in workspace.catalog()}
            assert counts == {"kept": len(RECORDS), "Counter": 1, "Numbers": 1}
            assert workspace.verify() == sum(counts.values())
        assert asyncio.run(self.flow.run(range(3))).counts["done"] == 3
        assert list(self.flow.report.jobs) == ["double"]


def working(path):
    """A pipeline with an event that waits and a target that is asked for."""
    pipeline = Pipeline([Counter(), Numbers(), Taker()], workspace=path, on_error="keep", name="demo")
    pipeline.submit(Event("tick", n=1))
    pipeline.resolve("numbers")
    return pipeline


def first_failure(report):
    """Raise what failed first."""
    for failure in report.failures:
        raise failure.exception


def inside(body, around=lambda process: process, **options):
    """What `body(context)` raises as the delivery of a processor."""

    class Inside(AbstractProcessor):
        interests = [(Event, "go")]  # noqa: RUF012

        @around
        def process(self, context, event):
            return body(context)

    pipeline = Pipeline([Inside()], on_error="keep", **options)
    pipeline.submit(Event("go"))
    first_failure(pipeline.run())


def built(*builders, resolve="out", **announced):
    """What the builders of a pipeline raise when a target is resolved and others are announced from outside."""
    pipeline = Pipeline(builders, on_error="keep")
    pipeline.resolve(resolve)
    for target, artifact in announced.items():
        pipeline.submit(ReactiveEvent("built", target, artifact=artifact))
    first_failure(pipeline.run())


def flowed(flow, items=(1, 2)):
    """What a flow raises, or its first failed item."""
    first_failure(asyncio.run(flow.run(items)))


@contextlib.contextmanager
def running():
    """A pipeline in the middle of its run."""

    class Holding(AbstractProcessor):
        interests = [(Event, "hold")]  # noqa: RUF012

        def process(self, context, event):
            self.hold = context.hold()

    pipeline = Pipeline([Holding()], name="busy")
    pipeline.submit(Event("hold"))
    run = pipeline.start()
    try:
        yield pipeline
    finally:
        run.stop()
        run.wait(30)


def while_running(use):
    """What a call raises in the middle of a run."""
    with running() as pipeline:
        return use(pipeline)


def elsewhere(use):
    """What a call raises on another thread."""
    raised = []

    def call():
        try:
            use()
        except Exception as error:  # noqa: BLE001 - raised again below
            raised.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    raise raised[0]
