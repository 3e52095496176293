"""`provenance`: every artifact knows all that it was made from, in this run and in former ones."""

import json
import pickle
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactive_samples import Apply, Source, built, seeds

from framework.archive import digest
from framework.core import AbstractProcessor, Pipeline, caching
from framework.reactive import (
    Collector,
    Grouper,
    ReactiveBuilder,
    ReactiveEvent,
    ReservoirSampler,
    StreamGrouper,
    StreamSampler,
    made_from,
    make_rendezvous,
    offload,
    origins_of,
    parallelize,
    provenance,
    reactive,
)


class Keep(AbstractProcessor):
    """Keeps the events of a target."""

    def __init__(self, target):
        super().__init__()
        self.interests = [(ReactiveEvent, "built", target)]
        self.events = []

    def process(self, context, event):
        self.events.append(event)


def events_of(builders, target, announced=(), **options):
    keep = Keep(target)
    pipeline = Pipeline([*builders, keep], **options)
    pipeline.resolve(target)
    for other, artifact in announced:
        pipeline.submit(built(other, artifact))
    pipeline.run()
    return keep.events


def tree(event):
    """Nested tuples: target, builder and artifact, and the same of each source."""
    found = provenance(event)

    def of(number):
        one = found[number]
        return (one.target, one.builder, one.artifact, *map(of, one.sources))

    return of(0)


def leaves(event):
    """The artifacts that were made from no others, as texts."""
    return [one.artifact for one in provenance(event).sources]


def test_a_chain_is_followed_to_its_source():
    (event,) = events_of([Source("n", [3]), Apply("d", ["n"], lambda n: 2 * n)], "d")
    assert tree(event) == ("d", "Apply", "6", ("n", "Source n", "3"))
    assert repr(provenance(event)) == "d 6 <- Apply\n  n 3 <- Source n"


def test_an_artifact_from_outside_is_a_source():
    (event,) = events_of([Apply("d", ["n"], lambda n: 2 * n)], "d", [("n", 3)])
    assert tree(event) == ("d", "Apply", "6", ("n", None, "3"))
    assert "n 3 <- announced from outside" in repr(provenance(event))


keys = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 99)), max_size=8)


@given(keys, keys, seeds)
def test_a_join_knows_both_sides(left, right, seed):
    join = make_rendezvous("pair", ["left", "right"], lambda artifact: artifact[0])
    for event in events_of([Source("left", left), Source("right", right), *join], "pair", seed=seed):
        ours, theirs = event.artifact
        sides = ("left", "Source left", repr(ours)), ("right", "Source right", repr(theirs))
        assert tree(event) == ("pair", "rendezvous pair", repr(event.artifact), *sides)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=12), seeds)
def test_batches_groups_and_samples_know_all_that_is_in_them(numbers, seed):
    def sources_of(builder):
        events = events_of([Source("n", numbers), builder], "out", seed=seed)
        return [leaves(event) for event in events], [event.artifact for event in events]

    (batch,), _ = sources_of(Collector("out", ["n"]))
    assert batch == [str(number) for number in numbers]
    for grouper, same in ((Grouper, sorted), (StreamGrouper, list)):
        found, artifacts = sources_of(grouper("out", ["n"], lambda n: n % 3))
        assert found == [[str(number) for (number,) in batch] for _, batch in artifacts]
        assert sum(map(len, found)) == len(numbers)
        assert len(found) == len([*groupby(same([n % 3 for n in numbers]))])
    for sampler in (ReservoirSampler("out", ["n"], 3), StreamSampler("out", ["n"], 0.5)):
        found, artifacts = sources_of(sampler)
        assert found == [[str(number)] for (number,) in artifacts]


@pytest.mark.parametrize("fifo", [True, False])
@pytest.mark.parametrize("threads", [True, False])
def test_what_a_load_balancer_made_was_made_by_a_worker_from_its_item(fifo, threads):
    class Sums(ReactiveBuilder):
        def __init__(self, provides, requires):
            super().__init__(provides, requires)

        def build(self, context, a, b):
            yield a + b
            yield a - b

    with ThreadPoolExecutor(2) as executor:
        balancer = parallelize("out", ["a", "b"], Sums, 2, fifo, executor=executor if threads else None)
        events = events_of([Source("a", [1, 2, 3]), Source("b", [10, 20, 30]), *balancer], "out")
    found = {event.artifact: tree(event) for event in events}
    for number, (a, b) in enumerate([(1, 10), (2, 20), (3, 30)]):
        for result in (a + b, a - b):
            sources = ("a", "Source a", str(a)), ("b", "Source b", str(b))
            assert found[result] == ("out", f"out worker {number % 2}", str(result), *sources)


def test_what_left_the_process_knows_its_input():
    with ThreadPoolExecutor(1) as executor:
        builders = [Source("n", [1, 2]), offload("out", ["n"], lambda n: [-n], executor, name="away")]
        assert [tree(event) for event in events_of(builders, "out")] == [
            ("out", "away", str(-n), ("n", "Source n", str(n))) for n in (1, 2)
        ]


def test_a_hook_says_what_it_made_an_artifact_from():
    class Largest(ReactiveBuilder):
        def __init__(self):
            super().__init__("largest", ["n"])
            self.kept = (0, ())

        def build(self, context, n):
            self.kept = max(self.kept, (n, origins_of(context)), key=lambda kept: kept[0])
            return []

        def phase(self, context, phase):
            if phase == 1:
                yield made_from(context, *self.kept)

    (event,) = events_of([Source("n", [3, 8, 5]), Largest()], "largest")
    assert tree(event) == ("largest", "Largest", "8", ("n", "Source n", "8"))


def test_what_was_used_twice_is_one_ancestor():
    builders = [Source("n", [3]), Apply("a", ["n"], abs, name="A"), Apply("b", ["n"], abs, name="B")]
    (event,) = events_of([*builders, Apply("c", ["a", "b"], max, name="C")], "c")
    found = provenance(event)
    assert [one.target for one in found] == ["c", "a", "b", "n"]
    assert len(found.graph().edges) == 4


def test_diamonds_behind_one_another_are_told_in_a_moment():
    builders = [Source("0", [1])]
    for number in range(40):
        sides = [Apply(f"{side}{number}", [str(number)], abs, name=f"{side}{number}") for side in "ab"]
        builders += [*sides, Apply(str(number + 1), [f"a{number}", f"b{number}"], max, name=f"c{number}")]
    (event,) = events_of(builders, "40")
    assert len(provenance(event)) == 121
    assert len(repr(provenance(event)).splitlines()) < 300


def test_a_long_walk_keeps_a_bounded_past():
    @reactive("n", ["n"])
    def following(context, n):
        if n < 3000:
            yield n + 1

    last = events_of([following], "n", [("n", 0)])[-1]
    assert last.artifact == 3000
    assert 900 < len(provenance(last)) <= 2002


def test_large_artifacts_are_not_kept_alive_by_what_was_made_from_them():
    class Large:
        alive = 0

        def __init__(self):
            Large.alive += 1

        def __del__(self):
            Large.alive -= 1

    class Loads(Source):
        def build(self, context):
            for _ in range(50):
                yield Large()

    @reactive("n", ["large"])
    def counted(context, large):
        yield large.alive

    events = events_of([Loads("large", None), counted], "n", seed=1)
    assert len(events) == 50
    assert Large.alive <= 1
    assert [one.artifact for one in provenance(events[0])] == [str(events[0].artifact), ""]


# -- across runs


def test_the_tree_goes_on_into_the_run_that_built_what_is_replayed(tmp_path):
    def run(*builders):
        (event,) = events_of(builders, "total", workspace=tmp_path)
        return tree(event), [one.replayed for one in provenance(event)]

    class Total(ReactiveBuilder):
        def __init__(self):
            super().__init__("total", ["batch"], persist=True)

        def build(self, context, batch):
            yield sum(number for (number,) in batch)

    @reactive("d", ["n"], persist=True)
    def same(context, n):
        yield n

    first, replayed = run(Source("n", [1, 2]), same, Collector("batch", ["d"]), Total())
    batch = ("batch", "Collector", "[(1,), (2,)]", *(("d", "same", s, ("n", "Source n", s)) for s in "12"))
    assert first == ("total", "Total", "3", batch)
    assert not any(replayed)
    again, replayed = run(Total())
    assert again == first
    assert replayed == [True, False, True, True, False, False]


def test_a_rebuild_of_an_input_does_not_change_what_was_made_before(tmp_path):
    class Draws(ReactiveBuilder):
        number = 0

        def __init__(self):
            super().__init__("drawn", ["n"], persist=True)

        def build(self, context, n):
            Draws.number += 1
            yield [n, Draws.number]

    def run():
        keep = Keep("out")
        out = Apply("out", ["drawn"], lambda drawn: {"from": drawn}, persist=True)
        pipeline = Pipeline([Source("n", [7]), Draws(), out, keep], workspace=tmp_path)
        pipeline.resolve("out")
        pipeline.run()
        return pipeline, keep.events[0]

    run()
    pipeline, before = run()
    told = [(one.target, one.artifact, one.built is None) for one in provenance(before)]
    assert told == [("out", "{'from': [7, 1]}", False), ("drawn", "[7, 1]", False), ("n", "7", True)]
    pipeline.refresh("drawn")
    _, after = run()
    told = [(one.target, one.artifact, one.built is None) for one in provenance(before)]
    assert told == [("out", "{'from': [7, 1]}", False), ("drawn", "[7, 1]", True), ("n", "7", True)]
    assert [one.artifact for one in provenance(after)] == ["{'from': [7, 2]}", "[7, 2]", "7"]


def test_digests_tell_artifacts_of_former_runs(tmp_path):
    @reactive("d", ["n"], persist=True)
    def padded(context, n):
        yield n, "x" * 100

    events_of([Source("n", [3]), padded], "d", workspace=tmp_path)
    (event,) = events_of([padded()], "d", workspace=tmp_path)
    assert [one.digest for one in provenance(event)] == [digest((3, "x" * 100)), digest(3)]


def test_how_an_event_came_about_is_no_part_of_it(tmp_path):
    calls = []

    class Cached(AbstractProcessor):
        @caching
        def process(self, context, event):
            match event:
                case ReactiveEvent(name="built", target="d", artifact=artifact):
                    calls.append(artifact)

    for source in ("Source one", "Source two"):
        pipeline = Pipeline([Source("n", [3], name=source), Apply("d", ["n"], abs), Cached()], workspace=tmp_path)
        pipeline.resolve("d")
        pipeline.run()
    assert calls == [3]
    (event,) = events_of([Source("n", [3])], "n")
    plain = ReactiveEvent("built", "n", artifact=3)
    assert (digest(event), pickle.dumps(event)) == (digest(plain), pickle.dumps(plain))


# -- as frame, drawing and JSON


def test_a_frame_has_a_row_per_artifact():
    (event,) = events_of([Source("n", [3]), Apply("d", ["n"], lambda n: 2 * n)], "d")
    frame = provenance(event).frame()
    assert frame[["target", "builder", "artifact", "sources"]].values.tolist() == [
        ["d", "Apply", "6", (1,)],
        ["n", "Source n", "3", ()],
    ]


def test_json_speaks_open_lineage(tmp_path):
    builders = [Source("n", [3]), Apply("d", ["n"], lambda n: 2 * n, persist=True)]
    (event,) = events_of(builders, "d", workspace=tmp_path)
    source, build = json.loads(provenance(event).json())
    assert [one["job"]["name"] for one in (source, build)] == ["Source n", "Apply"]
    assert build["inputs"] == source["outputs"]
    assert build["outputs"][0]["facets"]["version"]["datasetVersion"] == digest(6)
    assert {"eventType", "eventTime", "producer", "schemaURL", "run", "job"} <= build.keys()
    assert json.loads(provenance(event).json())[1]["run"] == build["run"]


def test_a_drawing_shows_the_tree():
    (event,) = events_of([Source("n", [3]), Apply("d", ["n"], lambda n: 2 * n)], "d")
    assert sorted(provenance(event).drawing().nx.nodes(data="label")) == [("0", "d 6"), ("1", "n 3")]


def test_only_an_announced_artifact_has_a_provenance():
    for wrong in (5, ReactiveEvent("resolve", "n")):
        with pytest.raises(TypeError, match="the event that announces an artifact"):
            provenance(wrong)
