"""Inputs that wait and are archived are answered in one delivery; those that fail or are built have their own."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reactive_samples import Sink, Source, artifacts_of, outcome

from framework.core import Pipeline
from framework.errors import Undigestable
from framework.reactive import ReactiveBuilder

COUNT = 700  # more than are announced in one slice, so that inputs wait


class Double(ReactiveBuilder):
    def __init__(self):
        super().__init__("doubles", ["n"], persist=True)

    def build(self, context, number):
        if number % 100 == 50:
            raise ValueError(number)
        yield 2 * number


def numbers(*odd, count=COUNT):
    """Numbers that can be built, and odd ones after 300 of them."""
    plain = [number for number in range(count) if number % 100 != 50]
    return [*plain[:300], *odd, *plain[300:]]


def test_inputs_that_wait_are_answered_with_fewer_deliveries_and_counted_as_ever(tmp_path):
    class Counting(Double):
        taken = 0

        def process(self, context, event):
            type(self).taken += 1
            super().process(context, event)

    found = []
    for _ in range(2):
        Counting.taken = 0
        pipeline = Pipeline([Source("n", numbers()), Counting()], workspace=tmp_path, max_workers=1, history=False)
        pipeline.resolve("doubles")
        pipeline.run()
        found.append((Counting.taken, pipeline.snapshot().nodes["Counting"].done))
    (building, built), (replaying, replayed) = found
    assert built == replayed
    assert replaying < building - COUNT / 3


@pytest.mark.parametrize("options", [{"max_workers": 1}, {"max_workers": 4}, {"seed": 1}, {"history": True}], ids=str)
def test_a_failure_among_replayed_inputs_is_of_its_own_input(options, tmp_path):
    artifacts_of([Source("n", numbers()), Double()], "doubles", workspace=tmp_path)
    odd = [1050, iter([]), 1001]
    found, report = outcome(
        [Source("n", numbers(*odd)), Double()], "doubles", workspace=tmp_path, on_error="keep", **options
    )
    assert found == [2 * number for number in numbers(1001)]
    failures = [(type(failure.exception), failure.event.inputs) for failure in report.failures]
    assert failures == [(ValueError, (1050,)), (Undigestable, (odd[1],))]


@settings(max_examples=15, deadline=None)
@given(kept=st.sets(st.integers(0, 40)), asked=st.lists(st.integers(0, 40), max_size=400), workers=st.integers(1, 3))
def test_any_mixture_of_kept_and_new_inputs_is_answered_in_order(kept, asked, workers, tmp_path_factory):
    workspace = tmp_path_factory.mktemp("ws")
    asked = [*range(300, 345), *asked]  # a row of replays before them
    artifacts_of([Source("n", [*range(300, 345), *sorted(kept)]), Double()], "doubles", workspace=workspace)
    found = artifacts_of([Source("n", asked), Double()], "doubles", workspace=workspace, max_workers=workers)
    assert found == [2 * number for number in asked]


def test_each_replayed_artifact_has_a_delivery_of_its_own_in_a_history(tmp_path):
    for _ in range(2):
        sink = Sink("doubles")
        pipeline = Pipeline([Source("n", numbers()), Double(), sink], workspace=tmp_path, history=True)
        pipeline.resolve("doubles")
        pipeline.run()
    emitted = [row.emitted for row in pipeline.history.deliveries("Double")]
    assert max(emitted) == 1
    assert sum(emitted) == len(numbers()) + 1  # it has resolved what it requires
