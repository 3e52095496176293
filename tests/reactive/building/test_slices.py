"""Long builds: they go on slice by slice, in bounded memory and in order."""

import sys
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactive_samples import Sink, Source, artifacts_of, built, seeds

from framework.core import AbstractProcessor, Event, Pipeline
from framework.reactive import ReactiveBuilder, ReactiveEvent

HEAVIER = 1 if getattr(sys, "_is_gil_enabled", lambda: True)() else 1.5
"""How much more an object takes where there is no GIL: its header is twice as long."""


@pytest.mark.parametrize("watched", [False, True], ids=["", "watched"])
@pytest.mark.parametrize("max_workers", [1, 4])
def test_a_long_build_waits_for_room_so_that_memory_stays_bounded(max_workers, watched):
    class Fan(ReactiveBuilder):
        def __init__(self):
            super().__init__("parts", ["n"])

        def build(self, context, n):
            for part in range(10):
                yield (n, part)

    class Count(AbstractProcessor):
        interests = ((ReactiveEvent, "built", "parts"),)
        total = 0

        def process(self, context, event):
            self.total += 1

    count = Count()
    pipeline = Pipeline([Source("n", range(1_500)), Fan(), count], max_workers=max_workers, history=False)
    pipeline.resolve("parts")
    if watched:
        pipeline.observe(lambda _: None)
    tracemalloc.start()
    try:
        pipeline.run()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count.total == 15_000
    assert peak < 1_500_000 * HEAVIER  # 15,000 events in mailboxes would take 4.5 MB, and 0.6 MB were measured


@given(st.integers(0, 2000), st.integers(0, 3), seeds)
def test_slices_change_nothing_about_order(count, fan, seed):
    class Fan(ReactiveBuilder):
        def __init__(self):
            super().__init__("parts", ["n"])

        def build(self, context, n):
            yield from [n] * fan

    parts = artifacts_of([Source("n", range(count)), Fan()], "parts", seed=seed)
    assert parts == [number for number in range(count) for _ in range(fan)]


def test_a_build_may_submit_after_any_number_of_slices():
    class Talks(ReactiveBuilder):
        def __init__(self):
            super().__init__("n", [])

        def build(self, context):
            yield from range(1000)
            context.submit(Event("done"))

    class Listener(AbstractProcessor):
        done = False

        def process(self, context, event):
            match event:
                case Event(name="done"):
                    self.done = True

    listener = Listener()
    artifacts_of([Talks(), listener], "n")
    assert listener.done


def delivered_singly(pipeline):
    while pipeline.deliver() is not None:
        pass
    pipeline.run()


def advanced(pipeline):
    while not getattr(pipeline.deliver(phases=True), "settled", False):
        pass
    pipeline.finish()


@pytest.mark.parametrize("options", [{}, {"seed": 1}], ids=["threads", "seed"])
@pytest.mark.parametrize("drive", [Pipeline.run, delivered_singly, advanced])
def test_builders_in_a_cycle_that_wait_for_each_others_room_still_end(drive, options):
    class Split(ReactiveBuilder):
        fans = (0, 1, 2, 2000)

        def __init__(self, provides, requires):
            super().__init__(provides, requires, name=provides)

        def build(self, context, depth):
            yield from [depth - 1] * self.fans[depth]

    sink = Sink("a")
    pipeline = Pipeline([Split("a", ["b"]), Split("b", ["a"]), sink], **options)
    pipeline.resolve("a")
    pipeline.submit(built("a", 3))
    drive(pipeline)
    assert len(sink.artifacts) == 1 + 4000
