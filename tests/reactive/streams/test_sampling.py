"""StreamSampler and ReservoirSampler: reproducible, unbiased, bounded."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactive_samples import Apply, Source, artifacts_of

from framework.core import Pipeline
from framework.errors import OptionError
from framework.reactive import ReservoirSampler, StreamSampler

seeds = st.integers(0, 2**16)


def sampled(count, probability, seed=42, provides="sample", **options):
    builders = [Source("n", range(count)), StreamSampler(provides, ["n"], probability, seed)]
    return artifacts_of(builders, provides, **options)


@given(st.integers(0, 50), st.floats(0, 1), seeds)
def test_a_stream_sample_is_a_part_of_the_stream_in_order(count, probability, seed):
    sample = sampled(count, probability, seed=seed)
    positions = [number for (number,) in sample]
    assert positions == sorted(set(positions))
    assert set(positions) <= set(range(count))


@given(st.integers(0, 30), seeds)
def test_probability_one_keeps_all_and_zero_keeps_nothing(count, seed):
    assert sampled(count, 1, seed) == [(number,) for number in range(count)]
    assert sampled(count, 0, seed) == []


@given(seeds)
def test_decisions_depend_on_the_seed_and_the_target_only(seed):
    assert sampled(200, 0.5, seed) == sampled(200, 0.5, seed)


def test_two_samplers_with_one_seed_decide_independently():
    both = set(sampled(4000, 0.5)) & set(sampled(4000, 0.5, provides="other"))
    assert 850 < len(both) < 1150  # a quarter of 4000, within five standard deviations


def test_the_share_that_is_kept_is_the_probability():
    assert 1050 < len(sampled(4000, 0.3)) < 1350


def test_each_input_is_decided_by_itself():
    # the same seed: what comes later does not change what was decided before
    assert sampled(1000, 0.5)[:100] == sampled(300, 0.5)[:100]


def test_a_sample_of_several_targets_holds_pairs():
    builders = [Source("a", "xy"), Source("b", [1, 2]), StreamSampler("sample", ["a", "b"], 1)]
    pairs = Apply("pairs", ["*sample"], lambda a, b: f"{a}{b}")
    assert artifacts_of([*builders, pairs], "pairs") == ["x1", "y2"]


@pytest.mark.parametrize("probability", [2, -0.1, float("nan"), "0.5", None])
def test_a_probability_is_a_number_from_0_to_1(probability):
    with pytest.raises(OptionError, match="from 0 to 1"):
        StreamSampler("sample", ["n"], probability)


def reservoir(count, size, seed=None, **options):
    return artifacts_of([Source("n", range(count)), ReservoirSampler("sample", ["n"], size, seed)], "sample", **options)


@given(st.integers(0, 40), st.integers(1, 10), seeds)
def test_a_reservoir_announces_a_sample_without_repetition_input_by_input(count, size, schedule):
    sample = reservoir(count, size, seed=None)
    assert len(sample) == len(set(sample)) == min(count, size)
    assert set(sample) <= {(number,) for number in range(count)}


@given(seeds)
def test_a_seeded_reservoir_chooses_the_same(seed):
    assert reservoir(100, 5, seed) == reservoir(100, 5, seed)


def test_every_position_has_the_same_chance():
    counts, sampler = Counter(), ReservoirSampler("sample", ["n"], 3, seed=1)
    rounds, count = 4000, 12
    for _ in range(rounds):
        for number in range(count):
            assert sampler.build(None, number) == ()
        sample = sampler.phase(None, 1)
        counts.update(number for (number,) in sample)
    expected = rounds * 3 / count
    chi_squared = sum((counts[number] - expected) ** 2 / expected for number in range(count))
    assert chi_squared < 31.3  # 11 degrees of freedom, 1 in 1000


def test_without_a_seed_two_samplers_differ():
    assert len({str(reservoir(1000, 5)) for _ in range(5)}) > 1


def test_a_reservoir_holds_no_more_than_its_size():
    sampler = ReservoirSampler("sample", ["n"], 10)
    Pipeline([sampler])
    for number in range(10_000):
        sampler.build(None, number)
        assert len(sampler._sample) <= 10


@pytest.mark.parametrize("size", [0, -1, 2.5, None])
def test_a_size_is_positive(size):
    with pytest.raises(OptionError, match="size is a whole number from 1 on"):
        ReservoirSampler("sample", ["n"], size)
