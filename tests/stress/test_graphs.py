"""Nothing is lost, duplicated, overlapping or out of order, whatever the graph, the schedule and the threads."""

import sys
from random import Random

import pytest
from graphs import NAMES, Graph, Rule, Spec, check, random_graph
from hypothesis import given, settings
from hypothesis import strategies as st

from framework.observe import DeliveryFailed, DeliveryFinished

names = st.sampled_from(NAMES)
rules = st.builds(Rule, st.lists(names, max_size=2).map(tuple), st.booleans(), st.booleans())
specs = st.builds(
    Spec,
    st.dictionaries(names, rules, min_size=1, max_size=3),
    st.dictionaries(st.integers(1, 3), st.lists(names, min_size=1, max_size=2).map(tuple), max_size=2),
    st.integers(0, 2),
)
graphs = st.builds(
    Graph,
    st.lists(specs, min_size=1, max_size=4).map(tuple),
    st.lists(st.tuples(names, st.integers(0, 3)), max_size=5).map(tuple),
)


@given(graphs, st.integers(0, 1000))
@settings(max_examples=60)
def test_any_graph_under_any_schedule_does_what_the_model_says(graph, seed):
    check(graph, seed=seed)


@given(graphs, st.integers(1, 4))
@settings(max_examples=30)
def test_any_graph_on_threads_does_what_the_model_says(graph, workers):
    check(graph, max_workers=workers)


def test_random_graphs_under_seeded_schedules(size, figure):
    schedules, deliveries = size(150, 10_000), 0
    for seed in range(schedules):
        deliveries += sum(map(len, check(random_graph(Random(seed)), seed=seed)))
    figure("schedules of random pipelines", schedules)
    figure("deliveries", deliveries)


def test_the_same_seed_gives_the_same_trace(size, figure):
    graph = random_graph(Random(1), nodes=8, submits=20)
    first, runs = check(graph, seed=7), size(20, 1000)
    assert all(check(graph, seed=7) == first for _ in range(runs))
    figure("runs", runs)


@pytest.mark.parametrize("interval", [5e-3, 1e-6], ids=["long slices", "short slices"])
@pytest.mark.parametrize("workers", [1, 2, 4, 8])
def test_random_graphs_on_threads(size, workers, interval):
    before = sys.getswitchinterval()
    sys.setswitchinterval(interval)
    try:
        for seed in range(size(12, 500)):
            check(random_graph(Random(seed), nodes=8, submits=20), max_workers=workers)
    finally:
        sys.setswitchinterval(before)


@pytest.mark.parametrize("workers", [1, 4])
def test_watched_graphs_on_threads(size, workers):
    for seed in range(size(10, 300)):
        happenings = []
        got = check(random_graph(Random(seed)), max_workers=workers, observer=happenings.append)
        ended = [happening for happening in happenings if isinstance(happening, DeliveryFinished | DeliveryFailed)]
        assert len([one for one in ended if one.event.name in NAMES]) == sum(map(len, got))
