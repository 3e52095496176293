"""An error of the runtime itself, on one of its own threads, ends the run with that error instead of a hang."""

import pytest

from framework.core import AbstractProcessor, Event, Pipeline
from framework.core.mailboxes.observation import Observation
from framework.core.scheduling import awaiting
from framework.core.scheduling.failures import FailureLedger


class Reads(AbstractProcessor):
    ended = False

    def process(self, context, event):
        match event:
            case Event(name="line", text=text):
                int(text)
            case Event(name="__POISON__"):
                self.ended = True


class Fetches(AbstractProcessor):
    async def process(self, context, event):
        match event:
            case Event(name="line"):
                pass


class Faulty(Exception):
    pass


def faulty(patch, owner, name):
    """Have the next call of a function of the runtime raise."""
    right = getattr(owner, name)

    def fails(*_):
        patch.setattr(owner, name, right)
        raise Faulty

    patch.setattr(owner, name, fails)


modes = pytest.mark.parametrize("drive", [Pipeline.run, Pipeline.step, lambda made: made.start().wait(30)])


def broken_off(pipeline, drive):
    with pytest.raises(RuntimeError, match="an error of the framework itself") as raised:
        drive(pipeline)
    assert isinstance(raised.value.__cause__, Faulty)
    assert pipeline.report.interrupted
    return pipeline.report


@modes
def test_what_fails_before_a_recorded_delivery_ends_the_run(monkeypatch, drive):
    pipeline = Pipeline([Reads()], history=True)
    for _ in range(3):
        pipeline.submit(Event("line", text="1"))
    faulty(monkeypatch, Observation, "case_finder")
    assert broken_off(pipeline, drive).dropped == 3
    assert pipeline["Reads"].ended


@modes
def test_what_fails_behind_a_delivery_ends_the_run_after_its_hooks(monkeypatch, drive):
    pipeline = Pipeline([Reads(), Reads("other")], history=False, max_workers=1)
    for _ in range(3):
        pipeline.submit(Event("line", text="no number"))
    faulty(monkeypatch, FailureLedger, "keep")
    broken_off(pipeline, drive)
    assert pipeline["other"].ended


@modes
def test_what_fails_behind_an_awaited_delivery_ends_the_run(monkeypatch, drive):
    pipeline = Pipeline([Fetches(), Reads()])
    pipeline.submit(Event("line", text="1"))
    faulty(monkeypatch, awaiting, "end_delivery")
    broken_off(pipeline, drive)
    assert pipeline["Reads"].ended
