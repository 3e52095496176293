"""`plan`: what will be replayed and built and why, executing nothing."""

import threading

import pytest
from reactive_samples import Apply, Sink, Source, artifacts_of, built

from framework.archive import Workspace
from framework.core import Pipeline
from framework.errors import UnknownName
from framework.reactive import ReactiveBuilder, plan, reactive


class Numbers(ReactiveBuilder):
    def __init__(self, count=3):
        super().__init__("n", [], persist=True)
        self.count = count

    def build(self, context):
        yield from range(self.count)


class Scaled(ReactiveBuilder):
    def __init__(self, factor=2):
        super().__init__("scaled", ["n"], persist=True)
        self.factor = factor

    def build(self, context, number):
        yield number * self.factor


def edited(version):
    if version == 1:

        class Halves(ReactiveBuilder):
            def __init__(self):
                super().__init__("halves", ["scaled"], persist=True)

            def build(self, context, number):
                yield number / 2
    else:

        class Halves(ReactiveBuilder):
            def __init__(self):
                super().__init__("halves", ["scaled"], persist=True)

            def build(self, context, number):
                yield number // 2

    return Halves()


@pytest.fixture
def workspace(tmp_path):
    return tmp_path / "ws"


def facts(found):
    return [(row.builder, row.input, row.action, row.reason) for row in found]


def planned(builders, target, workspace, announced=()):
    pipeline = Pipeline(builders, workspace=workspace)
    for other, artifact in announced:
        pipeline.submit(built(other, artifact))
    with pipeline:
        return plan(pipeline, target)


def test_before_the_first_run_only_the_first_build_is_known(workspace):
    assert facts(planned([Numbers(), Scaled()], "scaled", workspace)) == [
        ("Numbers", (), "build", "never built"),
        ("Scaled", None, "unknown", "upstream unknown"),
    ]


def test_after_a_run_everything_replays(workspace):
    artifacts_of([Numbers(), Scaled()], "scaled", workspace=workspace)
    assert facts(planned([Numbers(), Scaled()], "scaled", workspace)) == [
        ("Numbers", (), "replay", "archived"),
        *(("Scaled", (number,), "replay", "archived") for number in range(3)),
    ]


def test_a_new_input_is_built(workspace):
    artifacts_of([Scaled()], "scaled", [("n", 1)], workspace=workspace)
    found = planned([Scaled()], "scaled", workspace, [("n", 1), ("n", 2)])
    assert facts(found) == [("Scaled", (1,), "replay", "archived"), ("Scaled", (2,), "build", "new input")]


def test_other_arguments_build_and_say_which(workspace):
    artifacts_of([Numbers(1), Scaled()], "scaled", workspace=workspace)
    found = planned([Numbers(1), Scaled(3)], "scaled", workspace)
    assert facts(found)[1:] == [("Scaled", (0,), "build", "arguments changed")]
    assert "-factor=2\n+factor=3" in found[1].diff


def test_edited_code_builds_and_shows_the_difference(workspace):
    builders = [Numbers(1), Scaled()]
    artifacts_of([*builders, edited(1)], "halves", workspace=workspace)
    found = planned([Numbers(1), Scaled(), edited(2)], "halves", workspace)
    assert facts(found)[2:] == [("Halves", (0,), "build", "code changed")]
    changed = [line[0] + line[1:].strip() for line in found[2].diff.splitlines() if line[0] in "-+"]
    assert changed[2:] == ["-yield number / 2", "+yield number // 2"]
    assert [line.rpartition(" ")[0] for line in changed[:2]] == [
        "--- archived edited.<locals>.Halves",
        "+++ now edited.<locals>.Halves",
    ]


def test_the_plan_comes_true(workspace):
    artifacts_of([Numbers(), Scaled(), edited(1)], "halves", workspace=workspace)
    for builders in ([Numbers(), Scaled(), edited(2)], [Numbers(), Scaled(), edited(2)]):
        promised = planned(builders, "halves", workspace)
        with Workspace(workspace) as store:
            before = {entry.identity: entry.records for entry in store.catalog()}
        artifacts_of(builders, "halves", workspace=workspace)
        with Workspace(workspace) as store:
            written = sum(entry.records - before.get(entry.identity, 0) for entry in store.catalog())
        assert written == sum(row.action == "build" for row in promised)


def test_planning_executes_and_writes_nothing(workspace):
    calls = []

    @reactive("loud", ["n"], persist=True)
    def loud(context, number):
        calls.append(number)
        yield number

    artifacts_of([Numbers(), loud], "loud", workspace=workspace)
    calls.clear()
    with Workspace(workspace) as store:
        before = store.catalog()
    planned([Numbers(5), loud()], "loud", workspace)
    planned([Numbers(), loud()], "loud", workspace)
    with Workspace(workspace) as store:
        assert store.catalog() == before
    assert calls == []


def test_planning_where_there_is_no_workspace_yet_makes_none(workspace):
    planned([Numbers()], "n", workspace)
    assert not workspace.exists()


def test_what_is_not_kept_is_built_and_hides_what_is_behind_it(workspace):
    found = planned([Source("n", [1]), Apply("d", ["n"])], "d", workspace)
    assert facts(found) == [
        ("Source n", (), "build", "not persisted"),
        ("Apply", None, "unknown", "upstream unknown"),
    ]


def test_known_inputs_are_judged_beside_unknown_ones(workspace):
    other = Source("n", [9], name="other")
    artifacts_of([Numbers(), Scaled()], "scaled", workspace=workspace)
    found = planned([Numbers(), other, Scaled()], "scaled", workspace)
    assert [row.action for row in found if row.builder == "Scaled"] == ["replay", "replay", "replay", "unknown"]


def test_pairs_are_known_until_a_side_is_not(workspace):
    builders = [Scaled(), Apply("pair", ["n", "scaled"], persist=True)]
    artifacts_of(builders, "scaled", [("n", 1)], workspace=workspace)
    found = planned([Scaled(), Apply("pair", ["n", "scaled"], persist=True)], "pair", workspace, [("n", 1), ("n", 2)])
    assert facts(found)[2:] == [
        ("Apply", (1, 2), "build", "never built"),
        ("Apply", None, "unknown", "upstream unknown"),
    ]


def test_recorded_results_of_an_unprovided_requirement_replay(workspace):
    artifacts_of([Scaled()], "scaled", [("n", 3), ("n", 1)], workspace=workspace)
    assert facts(planned([Scaled()], "scaled", workspace)) == [
        ("Scaled", (3,), "replay", "archived"),
        ("Scaled", (1,), "replay", "archived"),
    ]


def test_an_unprovided_requirement_without_results_is_named(workspace):
    assert facts(planned([Scaled()], "scaled", workspace)) == [("Scaled", None, "unknown", "not provided")]


def test_a_cycle_ends(workspace):
    found = planned([Apply("n", ["n"])], "n", workspace, [("n", 1)])
    assert facts(found) == [("Apply", (1,), "build", "not persisted"), ("Apply", None, "unknown", "upstream unknown")]


def test_an_unknown_target_suggests_the_nearest(workspace):
    with pytest.raises(UnknownName, match="did you mean 'scaled'"):
        planned([Numbers(), Scaled(), Sink("scaled")], "scald", workspace)


def test_the_text_counts_and_shows_each_difference_once(workspace):
    artifacts_of([Numbers(), Scaled()], "scaled", workspace=workspace)
    text = repr(planned([Numbers(), Scaled(3)], "scaled", workspace))
    assert text.splitlines()[:3] == [
        "plan for 'scaled':",
        "  Numbers: replay 1 (archived)",
        "  Scaled: build 3 (arguments changed)",
    ]
    assert text.count("+factor=3") == 1


def test_the_rows_are_a_frame(workspace):
    frame = planned([Numbers()], "n", workspace).frame()
    assert list(frame.columns) == ["builder", "input", "action", "reason", "diff"]
    assert frame.action.tolist() == ["build"]


def test_a_comparison_reads_what_builders_archived(workspace):
    artifacts_of([Numbers(), Scaled()], "scaled", workspace=workspace)
    with Pipeline([Numbers(), Scaled()], workspace=workspace) as pipeline:
        compared = Scaled()._reproduce((3,))
        assert compared == [6]
        assert [record.output for record in pipeline.results()["Scaled"].values()] == [(0,), (2,), (4,)]


def test_pruning_deletes_the_results_of_former_code_and_keeps_every_configuration(workspace):
    artifacts_of([Numbers(), Scaled(2), edited(1)], "halves", workspace=workspace)
    artifacts_of([Numbers(), Scaled(3), edited(2)], "halves", workspace=workspace)
    with Workspace(workspace) as store:
        doomed = store.prune(dry_run=True)
        assert [entry.name for entry in doomed] == ["Halves"]
        assert len(store.catalog()) == 5
        store.prune()
        assert len(store.catalog()) == 4
    for factor in (2, 3):
        assert facts(planned([Numbers(), Scaled(factor)], "scaled", workspace))[1][2] == "replay"


def test_pairs_of_known_inputs_are_planned_one_by_one(workspace):
    def builders():
        return [Source("a", [1, 2], persist=True), Source("b", [3, 4], persist=True), Apply("both", ["a", "b"])]

    artifacts_of(builders(), "both", workspace=workspace)
    found = planned(builders(), "both", workspace)
    assert facts(found)[2:] == [
        ("Apply", (1, 3), "build", "not persisted"),
        ("Apply", (2, 4), "build", "not persisted"),
    ]
    assert len(found) == 4


def test_an_artifact_that_cannot_be_expanded_is_unknown_and_says_why(workspace):
    (row,) = planned([Apply("sum", ["*pair"], persist=True)], "sum", workspace, [("pair", 5)])
    assert row.action == "unknown"
    assert "pair" in row.reason


def test_an_input_without_a_digest_will_be_built_and_fail_then(workspace):
    (row,) = planned([Scaled()], "scaled", workspace, [("n", threading.Lock())])
    assert (row.action, row.reason) == ("build", "never built")
