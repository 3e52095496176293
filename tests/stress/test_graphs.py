"""Nothing is lost, duplicated, overlapping or out of order, whatever the graph, the schedule and the threads."""

from random import Random

import pytest
from graphs import NAMES, Graph, Rule, Spec, random_graph
from hypothesis import given, settings
from hypothesis import strategies as st
from nodes import CachedNode, Trace, check

from framework.core import Event, Pipeline
from framework.observe import DeliveryFailed, DeliveryFinished

names = st.sampled_from(NAMES)
rules = st.builds(Rule, st.lists(names, max_size=2).map(tuple), st.booleans(), st.booleans(), st.booleans())
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


def test_any_graph_under_any_schedule_does_what_the_model_says(size, figure):
    @settings(max_examples=size(60, 2000))
    @given(graphs, st.integers(0, 1000))
    def campaign(graph, seed):
        check(graph, seed=seed)

    campaign()
    figure("graphs", size(60, 2000))


def test_any_graph_on_threads_does_what_the_model_says(size, figure):
    @settings(max_examples=size(30, 1000))
    @given(graphs, st.integers(1, 4))
    def campaign(graph, workers):
        check(graph, max_workers=workers)

    campaign()
    figure("graphs", size(30, 1000))


def test_random_graphs_under_seeded_schedules_do_what_the_model_says(size, figure):
    schedules, deliveries = size(150, 10_000), 0
    for seed in range(schedules):
        deliveries += sum(map(len, check(random_graph(Random(seed)), seed=seed)))
    figure("schedules of random pipelines", schedules)
    figure("deliveries", deliveries)


def test_the_same_seed_gives_the_same_trace_and_others_give_others(size, figure):
    graphs, repetitions = size((5, 4), (50, 20))
    distinct = set()
    for number in range(graphs):
        graph = random_graph(Random(number), nodes=8, submits=20)
        first = trace_of(graph, number)
        assert all(trace_of(graph, number) == first for _ in range(repetitions))
        distinct |= {(number, trace_of(graph, seed)) for seed in range(repetitions)}
    assert len(distinct) > graphs * repetitions // 2
    figure("seeds repeated", graphs * repetitions)
    figure("other seeds", graphs * repetitions)
    figure("distinct traces of those", len(distinct))


def trace_of(graph, seed):
    """All deliveries of a run that did what the model says."""
    trace = Trace()
    check(graph, seed=seed, observer=trace)
    return tuple(trace.steps)


def test_a_seed_gives_the_same_trace_whether_results_are_built_or_replayed(size, figure, tmp_path):
    runs, built, replayed = size(10, 200), 0, 0
    for seed in range(runs):
        graph = random_graph(Random(seed), submits=20)
        first, ran, _ = cached_run(graph, seed, tmp_path / str(seed))
        again, ran_again, failed = cached_run(graph, seed, tmp_path / str(seed))
        assert again == first
        assert ran_again == failed
        built, replayed = built + ran, replayed + len(again) - failed
    figure("runs", 2 * runs)
    figure("deliveries built", built)
    figure("replayed", replayed)


def cached_run(graph, seed, workspace):
    """The trace, how often nodes did something themselves, and how often they failed."""
    made, trace = [CachedNode(number, spec) for number, spec in enumerate(graph.specs)], Trace()
    pipeline = Pipeline(made, on_error="keep", seed=seed, workspace=workspace)
    pipeline.observe(trace)
    for name, left in graph.submits:
        pipeline.submit(Event(name, left=left))
    report = pipeline.run()
    assert sum(report.delivered.values()) == len(trace.steps)
    return trace.steps, sum(node.ran for node in made), len(report.failures)


@pytest.mark.usefixtures("slices")
@pytest.mark.parametrize("workers", [1, 2, 4, 8])
def test_random_graphs_on_threads_do_what_the_model_says(size, figure, workers):
    runs, deliveries = size(12, 500), 0
    for seed in range(runs):
        graph = random_graph(Random(seed), nodes=8, submits=20)
        deliveries += sum(map(len, check(graph, max_workers=workers)))
    figure("runs of random pipelines on 1 to 8 threads", runs)
    figure("deliveries", deliveries)


@pytest.mark.parametrize("workers", [1, 4])
def test_an_observer_is_told_of_every_delivery(size, figure, workers):
    runs, told = size(10, 300), 0
    for seed in range(runs):
        happenings = []
        got = check(random_graph(Random(seed)), max_workers=workers, observer=happenings.append)
        ended = [happening for happening in happenings if isinstance(happening, DeliveryFinished | DeliveryFailed)]
        assert len([one for one in ended if one.event.name in NAMES]) == sum(map(len, got))
        told += len(ended)
    figure("runs", runs)
    figure("deliveries", told)
