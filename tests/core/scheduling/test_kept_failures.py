"""What a failure keeps: its text always, the frames with all that they hold for the first of a kind only."""

import gc
import weakref

import pytest

from framework.core import AbstractProcessor, Event, Pipeline

pytestmark = pytest.mark.timeout(60)


class Large:
    pass


class Check(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.held = []

    def process(self, context, event):
        match event:
            case Event(name="file", number=number):
                large = Large()
                self.held.append(weakref.ref(large))
                if number < 0:
                    raise KeyError(number)
                try:
                    raise OSError(number)  # noqa: TRY301 - as users do
                except OSError as error:
                    if number % 2:
                        raise ValueError(number) from error
                    raise


def failed(*numbers):
    check = Check()
    pipeline = Pipeline([check], on_error="keep", seed=1)
    for number in numbers:
        pipeline.submit(Event("file", number=number))
    failures = pipeline.run().failures
    gc.collect()
    return failures, [number for number, held in zip(numbers, check.held, strict=True) if held() is not None]


def test_only_the_first_failure_of_a_kind_keeps_what_its_frames_hold():
    failures, held = failed(0, 2, 4, 1, 3, -1, -2)
    assert held == [0, 1, -1]
    assert len(failures) == 7


def test_every_failure_tells_its_traceback_as_if_it_had_its_frames():
    failures, _ = failed(0, 2, 1, 3, -1, -2)
    for first, second, number in ((0, 1, "2"), (2, 3, "3"), (4, 5, "-2")):
        whole, light = failures[first].traceback, failures[second].traceback
        assert whole.splitlines()[:-1] == light.splitlines()[:-1] or "direct cause" in light
        assert light.splitlines()[-1].endswith(number)
        assert "raise " in light
    assert "The above exception was the direct cause" in failures[3].traceback
