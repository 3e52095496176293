"""Exceptions that own code catches during a delivery, told by Python 3.12 and later."""

import contextlib
import gc
import importlib
import sys

import pytest

from framework.core import AbstractProcessor, Event, Pipeline
from framework.core.scheduling.catching import MONITOR

pytestmark = pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring came with Python 3.12")


class Numbers(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="swallow", text=text):
                with contextlib.suppress(ValueError):
                    int(text)
            case Event(name="translate", text=text):
                try:
                    int(text)
                except ValueError as error:
                    raise KeyError(text) from error
            case Event(name="again", text=text):
                try:
                    int(text)
                finally:
                    self.seen = text
            case Event(name="end"):
                self.last = next(iter([]), None), [one + 1 for one in (1, 2)]
                with contextlib.suppress(StopIteration):
                    next(iter([]))


@pytest.fixture(params=[{"max_workers": 1}, {"seed": 1}])
def caught(request):
    def run(name):
        pipeline = Pipeline([Numbers()], history=True, on_error="keep", **request.param)
        pipeline.submit(Event(name, text="x"))
        pipeline.run()
        return [one for delivery in pipeline.history.deliveries("Numbers") for one in delivery.caught]

    return run


def test_a_caught_exception_is_kept_with_its_lines(caught):
    [one] = caught("swallow")
    assert one.bases[:2] == ("ValueError", "Exception")
    assert one.text == "ValueError: invalid literal for int() with base 10: 'x'"
    assert one.raised.startswith("test_catching.py:")


@pytest.mark.parametrize("name", ["translate", "again", "end"])
def test_what_is_raised_again_or_turned_into_another_or_ends_an_iteration_is_not_caught(caught, name):
    assert caught(name) == []


def watching():
    return [sys.monitoring.get_tool(tool) for tool in range(6)]


@pytest.fixture
def before():
    """What watches without the test: a run of another one that is not garbage yet may."""
    gc.collect()
    return watching()


def test_exceptions_are_watched_only_while_a_run_goes_on(before):
    pipeline = Pipeline([Numbers()], history=True)
    pipeline.submit(Event("swallow", text="x"))
    pipeline.step()
    assert "framework" in watching()
    pipeline.finish()
    assert watching() == before


def test_no_frame_stays_alive(caught):
    caught("swallow")
    assert not any(MONITOR.threads.values())


def test_a_run_without_a_history_watches_nothing(before):
    pipeline = Pipeline([Numbers()], history=False)
    pipeline.submit(Event("swallow", text="x"))
    pipeline.step()
    assert watching() == before
    pipeline.finish()


def test_a_run_that_becomes_garbage_while_another_begins_waits_for_no_lock(before):
    MONITOR.begin()
    with MONITOR._lock:  # as `begin` holds it when the collector comes
        MONITOR.end()
    MONITOR.begin()
    MONITOR.end()
    assert watching() == before


def test_a_project_in_a_folder_of_the_name_of_this_package_is_own_code(tmp_path, monkeypatch):
    folder = tmp_path / "framework"
    folder.mkdir()
    (folder / "catching_jobs.py").write_text(
        "from framework.core import Event, processor\n@processor\ndef parse(context, event):\n    match event:\n"
        "        case Event(name='text', text=text):\n            try:\n                int(text)\n"
        "            except ValueError:\n                pass\n"
    )
    monkeypatch.syspath_prepend(folder)
    pipeline = Pipeline([importlib.import_module("catching_jobs").parse()], history=True)
    pipeline.submit(Event("text", text="x"))
    pipeline.run()
    [delivery] = pipeline.history.deliveries("parse")
    assert [one.text for one in delivery.caught] == ["ValueError: invalid literal for int() with base 10: 'x'"]
