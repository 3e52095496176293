"""What a builder requires: how artifacts are paired and expanded, and what if no builder provides them."""

import threading
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactive_samples import Apply, Source, artifacts_of, built, outcome, seeds

from framework.core import AbstractProcessor, Event, Pipeline
from framework.errors import RunFailed, WiringError
from framework.reactive import ReactiveBuilder


@given(st.lists(st.integers()), st.lists(st.integers()), seeds)
def test_several_requirements_are_paired_by_arrival(left, right, seed):
    builders = [Source("left", left), Source("right", right), Apply("pair", ["left", "right"])]
    assert artifacts_of(builders, "pair", seed=seed) == list(zip(left, right, strict=False))


def test_artifacts_that_wait_for_a_partner_are_reported():
    builders = [Source("left", [1, 2, 3]), Source("right", [1]), Apply("pair", ["left", "right"])]
    _, report = outcome(builders, "pair")
    assert "Apply has 2 of 'left' that wait for 'right'" in report.waiting


def test_a_star_expands_a_tuple_into_arguments():
    add = Apply("sum", ["*pair", "one"], lambda a, b, c: (a, b, c))
    assert artifacts_of([Source("pair", [(1, 2), [3, 4]]), Source("one", "xy"), add], "sum") == [
        (1, 2, "x"),
        (3, 4, "y"),
    ]


def test_an_artifact_that_cannot_be_expanded_loses_only_itself():
    builders = [Source("pair", [(1, 2), 7, (3, 4)]), Apply("sum", ["*pair"], lambda a, b: a + b)]
    sums, report = outcome(builders, "sum", on_error="keep")
    assert sums == [3, 7]
    assert [str(failure.exception) for failure in report.failures] == [
        "'*pair' expands a tuple into arguments, but this artifact is 7; announce tuples, or require 'pair'"
    ]


def test_a_requirement_without_a_provider_fails_the_run_by_name():
    with pytest.raises(RunFailed) as failed:
        artifacts_of([Apply("d", ["n"])], "d")
    (error,) = failed.value.exceptions
    assert isinstance(error, WiringError)
    assert "Apply requires 'n', which no builder provides" in str(error)
    assert "Apply waits for 'n', which no builder provides" in failed.value.report.waiting


def test_a_cycle_without_a_seed_artifact_is_named():
    circle = [Apply("a", ["b"], name="A"), Apply("b", ["a"], name="B")]
    found, report = outcome([*circle, Apply("c", ["a"], name="C")], "c")
    assert not found
    assert report.waiting.splitlines() == [
        f"{name} waits for '{target}', which is built in a cycle: "
        f"submit ReactiveEvent('built', target='{target}', artifact=...) to begin"
        for name, target in (("A", "b"), ("B", "a"), ("C", "a"))
    ]


def test_a_cycle_with_a_seed_artifact_is_not_waited_for():
    countdown = Apply("n", ["n"], lambda n: n - 1)
    countdown.build = lambda context, n: [n - 1] if n else []
    found, report = outcome([countdown, Apply("seen", ["n"], lambda n: n)], "seen", [("n", 2)])
    assert sorted(found) == [0, 1, 2]
    assert not report.waiting


def test_a_circle_beside_a_source_that_has_ended_is_not_named():
    loop = [Apply("a", ["b"], name="A"), Apply("b", ["a"], name="B"), Source("a", [])]
    found, report = outcome(loop, "b")
    assert not found
    assert not report.waiting


def test_many_paths_to_a_source_that_yields_nothing_are_looked_at_once():
    layers = [("n",), *((f"left {depth}", f"right {depth}") for depth in range(40))]
    builders = [Apply(target, below) for below, above in pairwise(layers) for target in above]
    found, report = outcome([Source("n", []), *builders], "left 39")
    assert not found
    assert not report.waiting


def test_a_builder_that_yields_nothing_is_not_taken_for_a_circle():
    found, report = outcome([Source("n", []), Apply("d", ["n"])], "d")
    assert not found
    assert not report.waiting


def test_a_requirement_met_in_a_later_phase_is_used():
    class Late(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="__PHASE__", phase=2):
                    context.submit(built("n", 1))
                case Event(name="__PHASE__", phase=1):
                    context.submit(Event("go on"))
                case Event(name="go on"):
                    pass

    assert artifacts_of([Apply("d", ["n"]), Late()], "d") == [(1,)]


def test_a_processor_that_takes_everything_provides_nothing():
    class Everything(AbstractProcessor):
        def process(self, context, event):
            match event:
                case _:
                    pass

    with pytest.raises(RunFailed, match="no builder provides"):
        artifacts_of([Apply("d", ["n"]), Everything()], "d")


def test_a_stopped_run_judges_nothing():
    entered = threading.Event()

    class Stuck(ReactiveBuilder):
        def __init__(self):
            super().__init__("n", [])

        def build(self, context):
            entered.set()
            yield from iter(int, 1)

    pipeline = Pipeline([Stuck(), Apply("d", ["n", "missing"])], on_error="keep")
    pipeline.resolve("d")
    run = pipeline.start()
    entered.wait()
    pipeline.stop()
    assert run.wait().failures == ()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"provides": "d", "requires": "text"}, r"write requires=\['text'\]"),
        ({"provides": "d", "requires": None}, "requires is a list of targets, got None"),
        ({"provides": "d", "requires": [1]}, "requires names targets"),
        ({"provides": "d", "requires": ["*"]}, "requires names targets"),
        ({"provides": "d", "requires": ["n", "*n"]}, "requires 'n' twice"),
        ({"provides": None, "requires": []}, "provides is the name of a target, got None"),
    ],
)
def test_wiring_that_makes_no_sense_is_refused(arguments, message):
    with pytest.raises(WiringError, match=message):
        Apply(**arguments)
