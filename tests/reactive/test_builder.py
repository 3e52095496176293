"""Builders: what is built, from what, how often and in which order."""

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactive_samples import Apply, Sink, Source, artifacts_of, built, outcome, seeds

from framework.core import AbstractProcessor, Pipeline
from framework.errors import UnsafeSubmit, WiringError
from framework.reactive import ReactiveBuilder, ReactiveEvent, reactive


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


def test_nothing_is_built_that_was_not_resolved():
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


def test_dedupe_answers_equal_inputs_once():
    doubles = Apply("d", ["n"], lambda n: [n], dedupe=True)
    assert artifacts_of([Source("n", [1, 2, 1, True, 1]), doubles], "d") == [[1], [2], [True]]
    assert doubles.calls == [(1,), (2,), (True,)]


@given(st.dictionaries(st.integers(0, 6), st.lists(st.integers(0, 6), max_size=4), max_size=7), st.booleans(), seeds)
def test_a_walk_over_a_graph_with_cycles_visits_each_node_once_and_ends(graph, persist, seed):
    class Walk(Apply):
        def build(self, context, node):
            self.calls.append(node)
            yield from graph.get(node, ())

    walk = Walk("node", ["node"], persist=persist, dedupe=True)
    found = artifacts_of([walk], "node", [("node", 0)], seed=seed)
    reached = nx.descendants(nx.DiGraph(graph), 0) | {0} if graph.get(0) else {0}
    assert sorted(walk.calls) == sorted(reached)
    assert len(found) == 1 + sum(len(graph.get(node, ())) for node in reached)


def test_an_input_whose_build_failed_is_tried_again_when_it_comes_again():
    def once(number, tried=[]):  # noqa: B006 - remembers
        tried.append(number)
        if len(tried) == 1:
            raise ValueError(number)
        return number

    found, report = outcome([Source("n", [1, 1, 1]), Apply("d", ["n"], once, dedupe=True)], "d", on_error="keep")
    assert found == [1]
    assert len(report.failures) == 1


def test_a_builder_can_be_run_in_one_pipeline_after_another():
    numbers, doubles = Numbers(), Doubles()
    assert [artifacts_of([numbers, doubles], "doubles") for _ in range(2)] == [[2, 4, 6]] * 2


def test_a_builder_that_does_not_say_what_it_provides_is_refused():
    class Silent(ReactiveBuilder):
        def __init__(self):
            self.other = 1

        def build(self, context):
            yield 1

    with pytest.raises(WiringError, match=r"Silent.__init__ must say what is built: super\(\).__init__"):
        Pipeline([Silent()])


def test_an_unknown_keyword_is_refused():
    with pytest.raises(TypeError, match="persits"):
        Apply("d", ["n"], persits=True)


@pytest.mark.parametrize("attrs", [{"target": 5}, {"name": 5, "target": "n"}, {"name": "built", "target": "n"}])
def test_a_reactive_event_that_says_nothing_is_refused(attrs):
    with pytest.raises(TypeError):
        ReactiveEvent(**{"name": "resolve", **attrs})


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


def test_a_graph_shows_builders_and_targets():
    graph = Pipeline([Source("n", [1]), Apply("d", ["n", "missing"])]).graph()
    assert graph.node("Apply").kind == "builder"
    assert graph.node(("target", "missing")).missing
    assert not graph.node(("target", "n")).missing
    edges = {(edge.source, edge.target, edge.kind) for edge in graph.edges}
    assert {("Source n", ("target", "n"), "provides"), (("target", "n"), "Apply", "requires")} <= edges


def test_a_build_knows_all_that_its_delivery_knows():
    seen = {}

    class Curious(ReactiveBuilder):
        def __init__(self):
            super().__init__("out", ["n"], name="curious")

        def build(self, context, n):
            context.archive[n] = "kept"
            seen.update(at=(context.processor, context.phase), event=context.event, archive=dict(context.archive))
            seen["receivers"] = [receiver.name for receiver in context._receivers(built("out", n))]
            with context.hold() as hold:
                hold.submit(built("out", n))
            seen["context"] = context
            return []

    pipeline = Pipeline([Curious(), Sink("out")])
    pipeline.observe(lambda _: None)
    pipeline.resolve("out")
    pipeline.submit(built("n", 7))
    pipeline.run()
    assert seen["at"] == ("curious", 1)
    assert (seen["event"].target, seen["event"].artifact) == ("n", 7)
    assert (seen["archive"], seen["receivers"]) == ({7: "kept"}, ["Sink out"])
    assert pipeline["Sink out"].artifacts == [7]
    with pytest.raises(UnsafeSubmit):
        seen["context"].submit(built("out", 8))


def test_a_build_may_send_an_event_to_its_own_builder():
    class Counts(ReactiveBuilder):
        def __init__(self):
            super().__init__("out", ["n"])

        def build(self, context, n):
            if n:
                context._defer(built("n", n - 1))
            yield n

    assert artifacts_of([Counts()], "out", [("n", 3)]) == [3, 2, 1, 0]


def test_a_resolve_that_comes_while_a_hook_announces_waits_its_turn():
    class Early(ReactiveBuilder):
        def __init__(self):
            super().__init__("out", [])

        def on_init(self, context):
            context.submit(ReactiveEvent("resolve", "out"))
            yield from range(1000)

        def build(self, context):
            yield "built"

    sink = Sink("out")
    Pipeline([Early(), sink]).run()
    assert sink.artifacts == [*range(1000), "built"]
