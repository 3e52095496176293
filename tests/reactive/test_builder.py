"""Builders: what is built, from what, how often and in which order."""

import gc
import threading
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactive_samples import Apply, Sink, Source, artifacts_of, built, outcome

from framework.core import AbstractProcessor, Event, Pipeline
from framework.errors import BuildError, RunFailed, WiringError
from framework.reactive import ReactiveBuilder, ReactiveEvent, reactive

pytestmark = pytest.mark.timeout(60)
seeds = st.integers(0, 2**16)


class Numbers(ReactiveBuilder):
    def __init__(self):
        super().__init__(provides="numbers", requires=[], persist=False)

    def build(self, context):
        yield from [1, 2, 3]


class Doubles(ReactiveBuilder):
    def __init__(self):
        super().__init__(provides="doubles", requires=["numbers"], persist=False)

    def build(self, context, x):
        yield x * 2


class Printer(AbstractProcessor):
    def process(self, context, event):
        match event:
            case ReactiveEvent(name="built", target="doubles", artifact=value):
                print(value)  # noqa: T201 - what the example does


def test_doubles_of_numbers_are_printed(capsys):
    pipeline = Pipeline([Numbers(), Doubles(), Printer()])
    pipeline.submit(ReactiveEvent(name="resolve", target="doubles"))
    pipeline.run()
    assert capsys.readouterr().out == "2\n4\n6\n"


def test_nothing_is_built_that_nobody_resolved():
    doubles = Apply("doubles", ["numbers"])
    others = Apply("others", ["numbers"])
    artifacts_of([Source("numbers", [1, 2]), doubles, others], "doubles")
    assert (doubles.calls, others.calls) == ([(1,), (2,)], [])


def test_a_pipeline_resolves_by_name():
    sink = Sink("numbers")
    pipeline = Pipeline([Source("numbers", [1]), sink])
    assert pipeline.resolve("numbers") == 1
    pipeline.run()
    assert sink.artifacts == [1]


@given(st.lists(st.integers(0, 3), max_size=30), seeds)
def test_every_input_is_answered_in_order_equal_ones_too(numbers, seed):
    assert artifacts_of([Source("n", numbers), Apply("d", ["n"], lambda n: 2 * n)], "d", seed=seed) == [
        2 * number for number in numbers
    ]


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


def test_artifacts_announced_before_the_resolve_and_from_outside_are_used():
    sink, doubles = Sink("d"), Apply("d", ["n"], lambda n: 2 * n)
    pipeline = Pipeline([doubles, sink])
    pipeline.submit(built("n", 1))
    pipeline.resolve("d")
    pipeline.submit(built("n", 2))
    assert not pipeline.run().dead_letters
    assert sink.artifacts == [2, 4]


def test_artifacts_of_any_kind_pass_untouched():
    iterator, array = iter([1, 2]), bytearray(b"x")
    artifacts = [b"\0\xff", array, iterator, None, "text", {"a": 1}]
    arrived = artifacts_of([Source("n", artifacts), Apply("same", ["n"], lambda value: value)], "same")
    assert all(one is other for one, other in zip(arrived, artifacts, strict=True))


def test_a_walk_over_a_graph_requires_what_it_provides():
    edges = {"a": "bc", "b": "d", "c": "d", "d": "ae", "e": ""}
    seen = {"a"}

    class Walk(ReactiveBuilder):
        def __init__(self):
            super().__init__("node", ["node"])

        def build(self, context, node):
            for neighbour in edges[node]:
                if neighbour not in seen:
                    seen.add(neighbour)
                    yield neighbour

    assert artifacts_of([Walk()], "node", [("node", "a")]) == ["a", "b", "c", "d", "e"]


def test_several_providers_of_a_target_are_merged():
    merged = artifacts_of([Source("n", [1, 2], name="A"), Source("n", [3], name="B")], "n")
    assert sorted(merged) == [1, 2, 3]


@given(seeds)
def test_every_consumer_gets_each_artifact_once(seed):
    first, second = Apply("a", ["n"]), Apply("b", ["n"])
    last = Apply("both", ["a", "b"])
    sink = Sink("n")
    artifacts_of([Source("n", [1, 2, 3]), first, second, last, sink], "both", seed=seed)
    assert first.calls == second.calls == [(1,), (2,), (3,)]
    assert last.calls == [((1,), (1,)), ((2,), (2,)), ((3,), (3,))]
    assert sink.artifacts == [1, 2, 3]


def test_a_late_resolve_of_what_is_not_kept_announces_nothing_again():
    doubles, sink = Apply("d", ["n"]), Sink("n")
    pipeline = Pipeline([Source("n", [1, 2]), doubles, sink])
    pipeline.resolve("d")
    pipeline.resolve("n")
    pipeline.resolve("n")
    pipeline.run()
    assert (doubles.calls, sink.artifacts) == ([(1,), (2,)], [1, 2])


def test_dedupe_builds_equal_inputs_once_and_announces_for_all():
    doubles = Apply("d", ["n"], lambda n: [n], dedupe=True)
    assert artifacts_of([Source("n", [1, 2, 1, True, 1]), doubles], "d") == [[1], [2], [1], [True], [1]]
    assert doubles.calls == [(1,), (2,), (True,)]


def test_a_builder_can_be_run_in_one_pipeline_after_another():
    numbers, doubles = Numbers(), Doubles()
    assert [artifacts_of([numbers, doubles], "doubles") for _ in range(2)] == [[2, 4, 6]] * 2


# -- requirements that nobody provides


def test_a_requirement_that_nobody_provides_fails_the_run_by_name():
    with pytest.raises(RunFailed) as failed:
        artifacts_of([Apply("d", ["n"])], "d")
    (error,) = failed.value.exceptions
    assert isinstance(error, WiringError)
    assert "Apply requires 'n', which nobody provides" in str(error)
    assert "Apply waits for 'n', which nobody provides" in failed.value.report.waiting


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

    with pytest.raises(RunFailed, match="nobody provides"):
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


# -- what a build returns


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


def test_a_coroutine_as_build_is_told_where_async_code_goes():
    class Async(ReactiveBuilder):
        def __init__(self):
            super().__init__("odd", [])

        async def build(self, context):
            return [1]

    _, report = outcome([Async()], "odd", on_error="keep")
    gc.collect()  # a coroutine that was never awaited would warn now
    assert "FlowBuilder" in str(report.failures[0].exception)


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


def test_an_unknown_keyword_is_refused():
    with pytest.raises(TypeError, match="persits"):
        Apply("d", ["n"], persits=True)


@pytest.mark.parametrize("attrs", [{"target": 5}, {"name": 5, "target": "n"}, {"name": "built", "target": "n"}])
def test_a_reactive_event_that_says_nothing_is_refused(attrs):
    with pytest.raises(TypeError):
        ReactiveEvent(**{"name": "resolve", **attrs})


# -- hooks


def test_hooks_are_called_and_may_announce():
    calls = []

    class Hooked(ReactiveBuilder):
        def __init__(self):
            super().__init__("n", [])

        def on_init(self, context):
            calls.append("init")
            yield "first"

        def build(self, context):
            calls.append("build")
            return ["built"]

        def phase(self, context, phase):
            calls.append(phase)
            return ["phase"] if phase == 1 else None

        def on_terminate(self, context):
            calls.append("end")
            yield "last"

    assert artifacts_of([Hooked()], "n") == ["first", "built", "phase", "last"]
    assert calls == ["init", "build", 1, 2, "end"]


# -- functions


@reactive(provides="squares", requires=["n"])
def squares(context, n):
    yield n * n


def test_a_function_is_a_builder():
    assert squares.name == "squares"
    assert (squares.provides, squares.requires) == ("squares", ["n"])
    assert artifacts_of([Source("n", [1, 2, 3]), squares], "squares") == [1, 4, 9]


def test_a_function_makes_another_builder_when_called():
    other = squares()
    assert other is not squares
    assert artifacts_of([Source("n", [2]), other], "squares") == [4]


def test_only_functions_are_decorated():
    with pytest.raises(WiringError, match="subclass ReactiveBuilder"):
        reactive("n")(Numbers)


# -- slices


@pytest.mark.parametrize("max_workers", [1, 4])
def test_a_long_build_waits_for_room_so_that_memory_stays_bounded(max_workers):
    class Fan(ReactiveBuilder):
        def __init__(self):
            super().__init__("parts", ["n"])

        def build(self, context, n):
            for part in range(10):
                yield (n, part)

    class Count(AbstractProcessor):
        interests = ((ReactiveEvent, "built", "parts"),)
        total = 0

        def process(self, context, event):
            self.total += 1

    count = Count()
    pipeline = Pipeline([Source("n", range(4_000)), Fan(), count], max_workers=max_workers)
    pipeline.resolve("parts")
    tracemalloc.start()
    try:
        pipeline.run()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count.total == 40_000
    assert peak < 5_000_000  # 40,000 events in mailboxes would take 12 MB


@given(st.integers(0, 2000), st.integers(0, 3), seeds)
def test_slices_change_nothing_about_order(count, fan, seed):
    class Fan(ReactiveBuilder):
        def __init__(self):
            super().__init__("parts", ["n"])

        def build(self, context, n):
            yield from [n] * fan

    parts = artifacts_of([Source("n", range(count)), Fan()], "parts", seed=seed)
    assert parts == [number for number in range(count) for _ in range(fan)]


def test_a_build_may_submit_after_any_number_of_slices():
    class Talks(ReactiveBuilder):
        def __init__(self):
            super().__init__("n", [])

        def build(self, context):
            yield from range(1000)
            context.submit(Event("done"))

    class Listener(AbstractProcessor):
        done = False

        def process(self, context, event):
            match event:
                case Event(name="done"):
                    self.done = True

    listener = Listener()
    artifacts_of([Talks(), listener], "n")
    assert listener.done


def test_a_cycle_that_fills_its_own_mailboxes_still_ends():
    class Split(ReactiveBuilder):
        def __init__(self, provides, requires):
            super().__init__(provides, requires, name=provides)

        def build(self, context, depth):
            if depth:
                yield from [depth - 1] * 20

    sink = Sink("a")
    pipeline = Pipeline([Split("a", ["b"]), Split("b", ["a"]), sink])
    pipeline.resolve("a")
    pipeline.submit(built("a", 3))
    pipeline.run()
    assert len(sink.artifacts) == 1 + 400


def test_a_graph_shows_builders_and_targets():
    graph = Pipeline([Source("n", [1]), Apply("d", ["n", "missing"])]).graph()
    assert graph.node("Apply").kind == "builder"
    assert graph.node(("target", "missing")).missing
    assert not graph.node(("target", "n")).missing
    edges = {(edge.source, edge.target, edge.kind) for edge in graph.edges}
    assert {("Source n", ("target", "n"), "provides"), (("target", "n"), "Apply", "requires")} <= edges
