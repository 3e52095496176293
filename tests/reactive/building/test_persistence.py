"""`persist=True`: what is replayed, what is built, in which order."""

import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reactive_samples import Apply, Sink, Source, artifacts_of, outcome

from framework.archive import Workspace
from framework.core import AbstractProcessor, Event, Pipeline
from framework.errors import IdentityClash, RunFailed, Undigestable, Unpicklable
from framework.reactive import ReactiveBuilder, ReactiveEvent, reactive

seeds = st.integers(0, 2**16)
calls = []


class Double(ReactiveBuilder):
    def __init__(self, factor=2, **options):
        super().__init__("doubles", ["n"], persist=True, **options)
        self.factor = factor

    def build(self, context, number):
        calls.append(number)
        if number < 0:
            raise ValueError(number)
        yield number
        yield number * self.factor


@pytest.fixture(autouse=True)
def _no_calls():
    calls.clear()


@pytest.fixture
def run(tmp_path):
    """Runs a builder on numbers in one workspace; returns what it announces and what it built."""

    def run(numbers, builder=None, **options):
        calls.clear()
        found = artifacts_of(
            [Source("n", numbers), builder or Double()], "doubles", workspace=tmp_path / "ws", **options
        )
        return found, calls.copy()

    return run


def doubles(numbers):
    return [part for number in numbers for part in (number, 2 * number)]


def test_only_new_inputs_are_built_and_all_are_answered_in_order(run):
    assert run([1, 2, 3]) == (doubles([1, 2, 3]), [1, 2, 3])
    assert run([3, 5, 1, 3]) == (doubles([3, 5, 1, 3]), [5])


@settings(max_examples=25)
@given(rounds=st.lists(st.lists(st.integers(0, 4), max_size=6), min_size=1, max_size=4), seed=seeds)
def test_any_sequence_of_runs_announces_what_building_would(rounds, seed, tmp_path_factory):
    workspace, known = tmp_path_factory.mktemp("ws") / "ws", set()
    for numbers in rounds:
        calls.clear()
        found = artifacts_of([Source("n", numbers), Double()], "doubles", workspace=workspace, seed=seed)
        assert found == doubles(numbers)
        assert set(calls) == set(numbers) - known
        assert len(calls) == len(set(calls))
        known |= set(numbers)


def test_equal_inputs_are_built_once_and_answered_each_time(run):
    assert run([1, 1, 1]) == (doubles([1, 1, 1]), [1])


def test_results_of_inputs_that_no_longer_exist_are_not_announced(run):
    run([1, 2, 3])
    assert run([2]) == (doubles([2]), [])


def test_a_failed_build_is_not_kept(run):
    for _ in range(2):
        assert run([1, -1], on_error="keep")[1][-1] == -1


def test_a_persisting_source_is_built_once(tmp_path):
    built = []

    class Numbers(ReactiveBuilder):
        def __init__(self):
            super().__init__("n", [], persist=True)

        def build(self, context):
            built.append(1)
            return [1, 2]

    for _ in range(2):
        assert artifacts_of([Numbers()], "n", workspace=tmp_path / "ws") == [1, 2]
    assert built == [1]


def test_without_a_workspace_results_are_kept_for_the_run():
    found = artifacts_of([Source("n", [1, 2, 1]), Double()], "doubles")
    assert (found, calls) == (doubles([1, 2, 1]), [1, 2])


def test_records_hold_what_was_announced_not_what_became_of_it(tmp_path):
    class Lists(ReactiveBuilder):
        def __init__(self):
            super().__init__("lists", ["n"], persist=True)

        def build(self, context, number):
            growing = [number]
            yield growing
            growing.append("later")

    for _ in range(2):
        found = artifacts_of([Source("n", [1]), Lists()], "lists", workspace=tmp_path / "ws")
    assert found == [[1]]


# -- asking again


class AsksAgain(AbstractProcessor):
    """Resolves a target once more when the first phase is quiet."""

    def __init__(self, target):
        super().__init__()
        self.target = target

    def process(self, context, event):
        match event:
            case Event(name="__PHASE__", phase=1):
                context.submit(ReactiveEvent(name="resolve", target=self.target))


def test_a_late_resolve_replays_to_plain_processors_only():
    late, sink, consumer = Double(), Sink("doubles"), Apply("last", ["doubles"])
    pipeline = Pipeline([Source("n", [1, 2]), late, consumer, sink, AsksAgain("doubles")])
    pipeline.resolve("last")
    pipeline.run()
    assert sink.artifacts == doubles([1, 2]) * 2
    assert consumer.calls == [(1,), (2,), (2,), (4,)]
    assert calls == [1, 2]


def test_a_late_resolve_replays_this_runs_inputs_only(run, tmp_path):
    run([1, 2, 3])
    sink = Sink("doubles")
    pipeline = Pipeline([Source("n", [3]), Double(), sink, AsksAgain("doubles")], workspace=tmp_path / "ws")
    pipeline.resolve("doubles")
    pipeline.run()
    assert sink.artifacts == doubles([3]) * 2


def test_a_builder_that_resolves_late_gets_each_artifact_once():
    class Late(Apply):
        """Is resolved in the first phase only."""

    late = Late("late", ["doubles"])
    pipeline = Pipeline([Source("n", [1]), Double(), late, AsksAgain("late")])
    pipeline.resolve("doubles")
    pipeline.run()
    assert late.calls == [(1,), (2,)]


# -- requirements without a provider


def test_recorded_results_stand_in_for_a_requirement_without_a_provider(run, tmp_path):
    run([3, 1, 2])
    calls.clear()
    assert artifacts_of([Double()], "doubles", workspace=tmp_path / "ws") == doubles([3, 1, 2])
    assert calls == []


def test_artifacts_that_arrived_win_over_recorded_results(run, tmp_path):
    run([3, 1])
    found = artifacts_of([Double()], "doubles", [("n", 1)], workspace=tmp_path / "ws")
    assert found == doubles([1])


def test_without_any_results_a_missing_requirement_fails_the_run(tmp_path):
    with pytest.raises(RunFailed, match="requires 'n', which no builder provides"):
        artifacts_of([Double()], "doubles", workspace=tmp_path / "ws")


# -- identity


def test_another_argument_builds_again(run):
    run([1])
    assert run([1], Double(3)) == ([1, 3], [1])
    assert run([1], Double(2)) == (doubles([1]), [])


def cell(text, namespace=None):
    """Run a notebook cell."""
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    shell.push(namespace or {})
    shell.run_cell(textwrap.dedent(text)).raise_error()
    return shell.user_ns


CELL = """
from framework.reactive import ReactiveBuilder
def helper(number):
    return number + 1
class Base(ReactiveBuilder):
    def after(self, number):
        return number * 2
class Steps(Base):
    def __init__(self):
        super().__init__("doubles", ["n"], persist=True)
    def build(self, context, number):
        calls.append(number)
        yield self.after(helper(number))
"""


@pytest.mark.parametrize(
    ("before", "after", "builds"),
    [
        ("number + 1", "number + 10", True),
        ("number * 2", "number * 20", True),
        ("yield self.after", "yield -self.after", True),
        ("    return number + 1", "    # one more\n    return (number + 1)", False),
        ("import ReactiveBuilder", "import ReactiveBuilder\nunused = 5", False),
    ],
    ids=["helper", "base class", "builder", "comment", "something else"],
)
def test_an_edit_builds_again_if_results_depend_on_it(run, before, after, builds):
    first = cell(CELL, {"calls": calls})["Steps"]()
    assert run([1], first)[1] == [1]
    second = cell(CELL.replace(before, after))["Steps"]()
    assert run([1], second)[1] == [1] * builds


def test_two_builders_that_would_share_an_archive_are_refused_when_the_pipeline_is_made(tmp_path):
    with pytest.raises(IdentityClash, match="another name"):
        Pipeline([Double(), Double()], workspace=tmp_path / "ws")
    assert list(tmp_path.iterdir()) == []


@reactive("squares", ["n"], persist=True)
def squares(context, number):
    calls.append(number)
    yield number * number


def test_a_function_keeps_its_results(tmp_path):
    for _ in range(2):
        found = artifacts_of([Source("n", [2, 3]), squares], "squares", workspace=tmp_path / "ws")
        assert found == [4, 9]
    assert calls == [2, 3]


# -- what cannot be kept


def test_an_input_without_digest_loses_only_itself(run):
    found, built = run([1, iter([]), 2], on_error="keep")
    assert (found, built) == (doubles([1, 2]), [1, 2])


def test_an_input_without_digest_is_named():
    _, report = outcome([Source("n", [iter([])]), Double()], "doubles", on_error="keep")
    assert isinstance(report.failures[0].exception, Undigestable)


def test_an_artifact_that_cannot_be_stored_is_a_failure():
    generators = Apply("g", ["n"], lambda n: (number for number in range(n)), persist=True)
    _, report = outcome([Source("n", [1]), generators], "g", on_error="keep")
    assert isinstance(report.failures[0].exception, Unpicklable)


# -- without the code


def test_results_can_be_read_without_the_code(run, tmp_path):
    run([1, 2])
    with Workspace(tmp_path / "ws") as workspace:
        (entry,) = workspace.catalog()
        records = [record for _, record in workspace.archive("Double", placeholders=True).pairs()]
    assert (entry.provides, entry.requires, entry.records) == (("doubles",), ("n",), 2)
    assert [(record.target, record.inputs, record.artifacts) for record in records] == [
        ("doubles", (1,), (1, 2)),
        ("doubles", (2,), (2, 4)),
    ]


def test_compare_runs_a_redefined_builder_on_archived_inputs(tmp_path):
    pipeline = Pipeline([Source("n", [1, 2, 3]), Apply("d", ["n"], lambda n: 2 * n, persist=True)], workspace=tmp_path)
    pipeline.resolve("d")
    pipeline.run()
    rows = pipeline.compare("Apply", Apply("d", ["n"], lambda n: n + 2))
    assert [(row.input, row.old, row.new, row.same) for row in rows] == [
        ((1,), (2,), (3,), False),
        ((2,), (4,), (4,), True),
        ((3,), (6,), (5,), False),
    ]
