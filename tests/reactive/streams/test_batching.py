"""Collector, Grouper and StreamGrouper against plain Python, under seeded schedules."""

from functools import partial
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactive_samples import Apply, Sink, Source, artifacts_of, built, outcome

from framework.core import AbstractProcessor, Event, Pipeline
from framework.errors import BuildError, OptionError, WiringError
from framework.reactive import Collector, Grouper, StreamGrouper

numbers = st.lists(st.integers(-5, 5), max_size=40)
seeds = st.integers(0, 2**16)


class SecondPhase(AbstractProcessor):
    """Announces artifacts in the second phase."""

    def __init__(self, target, artifacts):
        super().__init__()
        self.target = target
        self.artifacts = artifacts

    def process(self, context, event):
        match event:
            case Event(name="__PHASE__", phase=1):
                for artifact in self.artifacts:
                    context.submit(built(self.target, artifact))


@given(numbers, st.none() | st.integers(1, 5), seeds)
def test_a_collector_announces_the_first_of_a_phase_as_one_batch(values, limit, seed):
    batch = [(value,) for value in values][:limit]
    collector = Collector("all", ["n"], limit)
    assert artifacts_of([Source("n", values), collector], "all", seed=seed) == ([batch] if batch else [])
    assert list(collector.values()) == batch


@given(numbers, numbers, seeds)
def test_a_collector_of_several_targets_holds_pairs(left, right, seed):
    builders = [Source("left", left), Source("right", right), Collector("all", ["left", "right"])]
    pairs = list(zip(left, right, strict=False))
    assert artifacts_of(builders, "all", seed=seed) == ([pairs] if pairs else [])


@given(seeds)
def test_each_phase_is_a_batch_of_its_own(seed):
    collector = Collector("all", ["n"], limit=2)
    batches = artifacts_of([Source("n", [1, 2, 3]), collector, SecondPhase("n", [4])], "all", seed=seed)
    assert batches == [[(1,), (2,)], [(4,)]]
    assert list(collector.values()) == [(1,), (2,), (4,)]


@given(numbers, seeds)
def test_a_grouper_announces_each_key_of_a_phase_once(values, seed):
    model = {}
    for value in values:
        model.setdefault(value % 3, []).append((value,))
    builders = [Source("n", values), Grouper("groups", ["n"], lambda n: n % 3)]
    assert artifacts_of(builders, "groups", seed=seed) == list(model.items())


@given(numbers, seeds)
def test_a_stream_grouper_announces_runs_of_equal_keys(values, seed):
    model = [(key, [(value,) for value in run]) for key, run in groupby(values, lambda n: n > 0)]
    builders = [Source("n", values), StreamGrouper("runs", ["n"], lambda n: n > 0)]
    assert artifacts_of(builders, "runs", seed=seed) == model


def test_a_stream_grouper_announces_a_run_before_the_phase_ends():
    seen = []

    class Watch(Apply):
        def phase(self, context, phase):
            seen.append((phase, len(self.calls)))

    artifacts_of([Source("n", [1, 1, 2]), StreamGrouper("runs", ["n"], abs), Watch("w", ["runs"])], "w")
    assert seen[0] == (1, 1)
    assert seen[-1][1] == 2


def test_groupers_get_all_arguments_of_an_input():
    builders = [Source("a", "xy"), Source("b", [1, 2]), Grouper("g", ["a", "b"], lambda a, b: a * b)]
    assert artifacts_of(builders, "g") == [("x", [("x", 1)]), ("yy", [("y", 2)])]


@pytest.mark.parametrize("grouper", [Grouper, StreamGrouper])
def test_a_key_function_that_raises_loses_only_its_own_input(grouper):
    builders = [Source("n", [1, 0, 2]), grouper("g", ["n"], lambda n: 2 // n > 5)]
    groups, report = outcome(builders, "g", on_error="keep")
    assert groups == [(False, [(1,), (2,)])]
    assert [type(failure.exception) for failure in report.failures] == [ZeroDivisionError]


def test_a_key_without_hash_is_a_clear_failure():
    groups, report = outcome(
        [Source("n", [1, 2]), Grouper("g", ["n"], lambda n: [n] if n == 1 else n)], "g", on_error="keep"
    )
    assert groups == [(2, [(2,)])]
    assert isinstance(report.failures[0].exception, BuildError)
    assert "the key of (1,) is [1], which has no hash" in str(report.failures[0].exception)


def test_a_grouper_begins_anew_in_another_pipeline():
    grouper, collector = Grouper("g", ["n"], abs), Collector("all", ["g"])
    for _ in range(2):
        sink = Sink("all")
        pipeline = Pipeline([Source("n", [1]), grouper, collector, sink])
        pipeline.resolve("all")
        pipeline.run()
        assert sink.artifacts == [[((1, [(1,)]),)]]


@pytest.mark.parametrize("limit", [0, -1, 1.5, "3", True])
def test_a_limit_that_counts_nothing_is_refused(limit):
    with pytest.raises(OptionError, match="limit is a whole number from 1 on"):
        Collector("all", ["n"], limit)


@pytest.mark.parametrize("grouper", [Grouper, StreamGrouper])
def test_a_key_function_must_be_callable(grouper):
    with pytest.raises(WiringError, match="key function"):
        grouper("g", ["n"], "key")


@pytest.mark.parametrize("helper", [Collector, lambda to, of: Grouper(to, of, abs)])
def test_topics_are_a_list(helper):
    with pytest.raises(WiringError, match="list of targets"):
        helper("all", "n")


@pytest.mark.parametrize("helper", [Collector, partial(Grouper, keyfunc=abs), partial(StreamGrouper, keyfunc=abs)])
def test_forwards_to_and_topics_are_names_of_provides_and_requires(helper):
    first, second = helper(provides="all", requires=["n"]), helper(forwards_to="all", topics=["n"])
    assert (first.provides, first.requires) == (second.provides, second.requires) == ("all", ["n"])
    with pytest.raises(WiringError, match="forwards_to= is another name of it"):
        helper("all", ["n"], forwards_to="all")
    with pytest.raises(WiringError, match="topics= is another name of it"):
        helper("all")
