"""Values on request: `compute`, again and again on one pipeline, with and without inputs."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framework.core import Pipeline
from framework.errors import OptionError, PipelineEnded, RunFailed, UnknownName, WiringError
from framework.reactive import ReactiveBuilder, ReactiveEvent


class Made(ReactiveBuilder):
    """Builds with a function, and counts the inputs that it built."""

    def __init__(self, provides, requires, function, **options):
        super().__init__(provides, requires, name=provides, **options)
        self.function = function
        self.built = []

    def build(self, context, *args):
        self.built.append(args)
        yield from self.function(*args)


def numbers():
    return Made("number", [], lambda: [1, 2, 3])


def squares():
    return Made("square", ["number"], lambda n: [n * n])


def letters():
    return Made("letter", [], lambda: "abc")


def pairs():
    return Made("pair", ["number", "letter"], lambda n, letter: [(n, letter)])


def sums():
    return Made("sum", ["square", "letter"], lambda n, letter: [f"{letter}{n}"])


def everything(**options):
    return Pipeline([numbers(), squares(), letters(), pairs(), sums()], **options)


modes = pytest.mark.parametrize("options", [{}, {"seed": 3}], ids=["threads", "seed"])


@modes
def test_compute_gives_the_artifacts_of_a_target(options):
    assert everything(**options).compute("pair") == [(1, "a"), (2, "b"), (3, "c")]


@modes
def test_computing_again_builds_nothing_again(options):
    pipeline = everything(**options)
    first = pipeline.compute("square")
    assert pipeline.compute("square") == first
    assert pipeline["square"].built == [(1,), (2,), (3,)]


@modes
def test_another_target_reuses_what_was_built(options):
    pipeline = everything(**options)
    pipeline.compute("square")
    assert pipeline.compute("sum") == ["a1", "b4", "c9"]
    assert pipeline.compute("number") == [1, 2, 3]
    assert [len(pipeline[name].built) for name in ("number", "square", "letter", "pair")] == [1, 3, 1, 0]


def test_several_targets_give_a_dict():
    pipeline = everything()
    assert pipeline.compute("square", "letter") == {"square": [1, 4, 9], "letter": ["a", "b", "c"]}
    assert pipeline.compute(["square"]) == {"square": [1, 4, 9]}


@modes
def test_inputs_stand_in_for_a_provider(options):
    pipeline = everything(**options)
    assert pipeline.compute("square", inputs={"number": [5, 6]}) == [25, 36]
    assert pipeline["number"].built == []


@modes
def test_other_inputs_begin_anew_what_depends_on_them_and_nothing_else(options):
    pipeline = everything(**options)
    assert pipeline.compute("sum", inputs={"number": [5, 6]}) == ["a25", "b36"]
    assert pipeline.compute("sum", inputs={"number": [7]}) == ["a49"]
    assert pipeline["letter"].built == [()]
    assert pipeline.compute("sum") == ["a1", "b4", "c9"]
    assert (pipeline["number"].built, pipeline["letter"].built) == ([()], [()])


def test_equal_inputs_build_nothing_again():
    pipeline = everything()
    for _ in range(2):
        assert pipeline.compute("square", inputs={"number": [5]}) == [25]
        assert pipeline.compute("square", inputs={"number": [6]}) == [36]
    assert pipeline["square"].built == [(5,), (6,)]


def test_a_provider_that_has_built_is_reused_when_its_stand_in_goes():
    pipeline = everything()
    pipeline.compute("square")
    pipeline.compute("square", inputs={"number": [9]})
    assert pipeline.compute("pair") == [(1, "a"), (2, "b"), (3, "c")]
    assert pipeline["number"].built == [()]


def test_empty_inputs_give_no_artifacts_and_no_error():
    pipeline = everything()
    assert pipeline.compute("square", inputs={"number": []}) == []
    pipeline.finish()


def test_inputs_for_a_requirement_without_a_provider():
    pipeline = Pipeline([squares()])
    assert pipeline.compute("square", inputs={"number": [4]}) == [16]


def test_a_requirement_without_a_provider_is_named():
    with pytest.raises(WiringError, match=r"square waits for 'number', which no builder provides.*inputs="):
        Pipeline([squares()]).compute("square")


def test_an_unknown_target_suggests_the_nearest():
    with pytest.raises(UnknownName, match="did you mean 'square'"):
        everything().compute("squar")
    with pytest.raises(UnknownName, match="did you mean 'number'"):
        everything().compute("square", inputs={"numbr": [1]})


def test_resolving_an_unknown_target_suggests_the_nearest():
    with pytest.raises(UnknownName, match="did you mean 'square'"):
        everything().resolve("squar")


@pytest.mark.parametrize("inputs", [["number"], {"number": 3}, {"number": "123"}])
def test_malformed_inputs_are_refused(inputs):
    with pytest.raises(OptionError, match="inputs"):
        everything().compute("square", inputs=inputs)


def test_failures_are_raised_and_the_pipeline_stays_open():
    failing = Made("half", ["number"], lambda n: [1 / (n - 2)])
    pipeline = Pipeline([numbers(), failing])
    with pytest.raises(RunFailed, match="ZeroDivisionError") as raised:
        pipeline.compute("half")
    assert len(raised.value.report.failures) == 1
    assert pipeline.compute("number") == [1, 2, 3]
    assert pipeline.report.paused


def test_kept_failures_leave_the_other_artifacts():
    failing = Made("half", ["number"], lambda n: [1 / (n - 2)])
    assert Pipeline([numbers(), failing], on_error="keep").compute("half") == [-1, 1]


def test_what_steps_have_built_is_reused():
    pipeline = everything()
    pipeline.resolve("square")
    pipeline.step()
    assert pipeline.compute("square") == [1, 4, 9]
    assert pipeline["square"].built == [(1,), (2,), (3,)]


def test_artifacts_from_outside_count():
    pipeline = everything()
    pipeline.submit(ReactiveEvent("built", "number", artifact=10))
    assert pipeline.compute("square") == [100, 1, 4, 9]
    assert pipeline.compute("number") == [10, 1, 2, 3]


def test_a_persisting_builder_is_not_replayed_to_compute(tmp_path):
    def made():
        source = Made("number", [], lambda: [1, 2], persist=True)
        return Pipeline([source, squares()], workspace=tmp_path)

    with made() as pipeline:
        assert pipeline.compute("square") == [1, 4]
        assert pipeline.compute("number") == [1, 2]
        assert pipeline.compute("number") == [1, 2]
    with made() as again:
        assert again.compute("square") == [1, 4]
        assert again["number"].built == []


def test_compute_after_the_end_is_refused():
    pipeline = everything()
    pipeline.run()
    with pytest.raises(PipelineEnded):
        pipeline.compute("square")


def test_finish_after_compute_reports_what_was_done():
    pipeline = everything()
    pipeline.compute("square")
    assert pipeline.finish().delivered["square"] > 0


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["number", "square", "pair", "sum"]), st.none() | st.lists(st.integers(0, 5), max_size=3)
        ),
        max_size=8,
    )
)
@settings(max_examples=60, deadline=None)
def test_however_it_is_asked_each_value_is_that_of_a_fresh_pipeline(questions):
    pipeline = everything(seed=1)
    for target, given_numbers in questions:
        inputs = None if given_numbers is None else {"number": given_numbers}
        assert pipeline.compute(target, inputs=inputs) == everything(seed=1).compute(target, inputs=inputs)
