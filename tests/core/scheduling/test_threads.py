"""The threads of a pipeline end when they are not needed, and nothing keeps what was dropped."""

import gc
import subprocess
import sys
import threading
import weakref

from samples import PATIENCE, ignore, processor

from framework.core import Event, Pipeline


def test_a_pipeline_that_is_dropped_leaves_no_thread_behind():
    before = set(threading.enumerate())
    pipeline = Pipeline([processor(lambda c, _: c.submit(Event("b")), "__PHASE__"), processor(ignore, "b")])
    pipeline.step()
    workers = set(threading.enumerate()) - before
    assert workers
    del pipeline
    for thread in workers:
        thread.join(PATIENCE)
        assert not thread.is_alive()


def test_a_pipeline_that_its_processors_know_leaves_nothing_behind_either(monkeypatch):
    monkeypatch.setattr("framework.core.scheduling.worker.KEEP_PARKED", 0.01)
    before = set(threading.enumerate())
    working = processor(lambda context, _: context.submit(Event("b")), "__PHASE__")
    pipeline = Pipeline([working, processor(ignore, "b")])
    working.pipeline = pipeline
    watching = [pipeline]
    pipeline.observe(watching.count)
    pipeline.step()
    gone = weakref.ref(pipeline)
    del pipeline, working, watching
    for thread in set(threading.enumerate()) - before:
        thread.join(PATIENCE)
    gc.collect()
    assert gone() is None


def test_threads_that_are_not_woken_end_and_others_start_when_they_are_needed(monkeypatch):
    monkeypatch.setattr("framework.core.scheduling.worker.KEEP_PARKED", 0.0)
    pipeline = Pipeline([processor(lambda context, _: context.submit(Event("b")), "__PHASE__"), processor(ignore, "b")],
                        name="short-lived")  # fmt: skip
    for _ in range(3):
        pipeline.step()
        for thread in threading.enumerate():
            if thread.name.startswith("short-lived-"):
                thread.join(PATIENCE)
    assert pipeline.snapshot().nodes["sample-2"].done == 3
    pipeline.close()


AT_EXIT = """
import os, sys
from framework.core import AbstractProcessor, Event, Pipeline

class Holder(AbstractProcessor):
    interests = [(Event, "hold")]

    def process(self, context, event):
        os.kept.append(context.hold())

os.kept = []
pipeline = Pipeline([Holder()])
pipeline.submit(Event("hold"))
while not os.kept:
    pipeline.deliver()
os.kept.append(pipeline)
sys.kept = [*sys.modules.values()]  # Python empties modules that are still there: those of framework before os
"""


def test_a_pipeline_and_a_hold_that_go_with_the_interpreter_say_nothing():
    done = subprocess.run([sys.executable, "-c", AT_EXIT], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
