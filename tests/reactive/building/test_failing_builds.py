"""Builds that fail or return what cannot be announced: what is lost, what is kept, what is said."""

import gc
from collections import deque
from types import MappingProxyType
from typing import NamedTuple

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactive_samples import Apply, Sink, Source, artifacts_of, outcome, seeds

from framework.core import AbstractProcessor, Pipeline
from framework.errors import BuildError, RunFailed
from framework.reactive import ReactiveBuilder, ReactiveEvent
from framework.reactive.building.building import SLICE


@given(st.lists(st.booleans(), max_size=20), seeds)
def test_a_failing_build_loses_only_its_own_input(good, seed):
    def invert(number):
        if not good[number]:
            raise ValueError(number)
        return number

    builders = [Source("n", range(len(good))), Apply("i", ["n"], invert)]
    kept, report = outcome(builders, "i", seed=seed, on_error="keep")
    assert kept == [number for number, fine in enumerate(good) if fine]
    assert [failure.exception.args for failure in report.failures] == [
        (number,) for number, fine in enumerate(good) if not fine
    ]


def test_a_failure_of_several_requirements_is_kept_with_all_of_them():
    builders = [Source("a", [1, 2]), Source("b", [1, 0]), Apply("q", ["a", "b"], lambda a, b: a / b)]
    kept, report = outcome(builders, "q", on_error="keep")
    assert kept == [1.0]
    assert [failure.event.inputs for failure in report.failures] == [(2, 0)]


def test_a_retry_builds_only_what_has_failed():
    class Sink(AbstractProcessor):
        def __init__(self):
            self.got = []

        def process(self, context, event):
            match event:
                case ReactiveEvent(name="built", target="q", artifact=artifact):
                    self.got.append(artifact)

    source = Source("n", [1, 0, 2])
    first = Pipeline([source, Apply("q", ["n"], lambda n: 2 / n), Sink()], on_error="keep")
    first.resolve("q")
    failures = first.run().failures
    renewed = first.renew(Apply("q", ["n"], lambda n: 0.0))
    assert failures.retry(renewed) == 1
    renewed.run()
    assert renewed["Sink"].got == [0.0]


def test_a_retry_of_more_inputs_than_a_slice_builds_each_of_them():
    numbers = list(range(3 * SLICE))

    def refuse(number):
        raise ValueError(number)

    pipeline = Pipeline([Source("n", numbers), Apply("q", ["n"], refuse), Sink("q")], on_error="keep")
    pipeline.resolve("q")
    failures = pipeline.run().failures
    renewed = pipeline.renew(Apply("q", ["n"], lambda number: number))
    failures.retry(renewed)
    renewed.run()
    assert renewed["Sink q"].artifacts == numbers


def test_what_was_announced_before_a_failure_stays_announced():
    class Breaks(ReactiveBuilder):
        def __init__(self):
            super().__init__("parts", ["n"])

        def build(self, context, n):
            yield n
            raise ValueError(n)

    parts, report = outcome([Source("n", [1, 2]), Breaks()], "parts", on_error="keep")
    assert parts == [1, 2]
    assert len(report.failures) == 2


def test_a_failed_source_is_a_failed_run():
    class Broken(ReactiveBuilder):
        def __init__(self):
            super().__init__("n", [])

        def build(self, context):
            raise OSError("no file")

    with pytest.raises(RunFailed, match="Broken raised OSError: no file"):
        artifacts_of([Broken()], "n")


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (None, "build returned None: yield each artifact"),
        ("text", "build returned a str, 'text'"),
        (b"bytes", "build returned a bytes"),
        (5, "build returned a int, 5"),
    ],
)
def test_a_build_that_returns_no_iterable_is_told_so(returned, message):
    class Odd(ReactiveBuilder):
        def __init__(self):
            super().__init__("odd", ["n"])

        def build(self, context, n):
            return returned if n == 1 else [n]

    odd, report = outcome([Source("n", [1, 2]), Odd()], "odd", on_error="keep")
    assert odd == [2]
    (failure,) = report.failures
    assert isinstance(failure.exception, BuildError)
    assert message in str(failure.exception)


class Row(NamedTuple):
    city: str
    celsius: float


@pytest.mark.parametrize(
    "value",
    [
        pd.DataFrame({"city": ["Oslo"]}),
        pd.Series([1, 2]),
        np.arange(3),
        {"city": "Oslo"},
        MappingProxyType({"city": "Oslo"}),
        Row("Oslo", 4.0),
        nx.path_graph(2),
    ],
    ids=lambda value: type(value).__name__,
)
def test_one_value_that_can_be_iterated_is_not_taken_apart(value):
    def outcome_of(returned):
        class Load(ReactiveBuilder):
            def __init__(self):
                super().__init__("table", [])

            def build(self, context):
                return returned

        return outcome([Load()], "table", on_error="keep")

    found, report = outcome_of(value)
    assert found == []
    assert isinstance(report.failures[0].exception, BuildError)
    assert "would be taken apart: return [it] or yield it" in str(report.failures[0].exception)
    assert outcome_of([value])[0][0] is value


@pytest.mark.parametrize(
    "several",
    [[1, 2], (1, 2), {1, 2}, frozenset([1, 2]), range(1, 3), deque([1, 2]), {1: 1, 2: 2}.keys(), map(int, "12")],
)
def test_collections_of_artifacts_are_announced_one_by_one(several):
    class Several(ReactiveBuilder):
        def __init__(self):
            super().__init__("m", [])

        def build(self, context):
            return several

    assert sorted(artifacts_of([Several()], "m")) == [1, 2]


def test_a_coroutine_that_build_returns_is_told_how_it_is_awaited():
    class Async(ReactiveBuilder):
        def __init__(self):
            super().__init__("odd", [])

        def build(self, context):
            async def made():
                return [1]

            return made()

    _, report = outcome([Async()], "odd", on_error="keep")
    gc.collect()  # a coroutine that was never awaited would warn now
    assert "async def build" in str(report.failures[0].exception)
