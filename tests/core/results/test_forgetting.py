"""Kept results are removed, one input at a time or all of a target, and computed again by the next run."""

import sys

import pytest

from framework.core import AbstractProcessor, Event, Pipeline, caching
from framework.core.results import generations
from framework.errors import LifecycleError, UnknownName
from framework.reactive import ReactiveBuilder, ReactiveEvent, parallelize

built = []


class Numbers(ReactiveBuilder):
    def __init__(self):
        super().__init__("number", [])

    def build(self, context):
        yield from (1, 2)


class Double(ReactiveBuilder):
    def __init__(self):
        super().__init__("double", ["number"], persist=True)

    def build(self, context, number):
        built.append(("double", number))
        context.archive["own"] = "an entry of the builder itself"
        yield 2 * number


class Sum(ReactiveBuilder):
    def __init__(self):
        super().__init__("sum", ["number", "double"], persist=True)

    def build(self, context, number, double):
        built.append(("sum", number, double))
        yield number + double


class Square(AbstractProcessor):
    @caching
    def process(self, context, event):
        match event:
            case Event(name="in", value=value):
                built.append(("square", value))
                context.submit(Event("out", value=value**2))
            case ReactiveEvent(name="built", target="double", artifact=value):
                built.append(("square", value))


@pytest.fixture
def pipeline(tmp_path):
    """Runs once; returns a function that makes the same pipeline again."""

    def make():
        built.clear()
        pipeline = Pipeline([Numbers(), Double(), Sum(), Square()], workspace=tmp_path / "workspace")
        pipeline.resolve("sum")
        pipeline.submit(Event("in", value=3))
        return pipeline

    with make() as first:
        first.run()
    assert len(built) == 7
    with make() as second:
        second.run()
    assert built == []
    return make


def test_one_input_is_forgotten_and_computed_again(pipeline):
    now = pipeline()
    assert now.forget("double", 2) == 1
    assert now.forget("sum", (1, 2)) == 1
    assert now.forget("Square", Event("in", value=3)) == 1
    assert now.forget("double", 7) == 0
    now.run()
    assert sorted(built) == [("double", 2), ("square", 3), ("sum", 1, 2)]


def test_a_pipeline_that_has_ended_forgets_for_those_after_it(pipeline):
    ended = pipeline()
    ended.run()
    assert ended.forget("double", 1) == 1
    pipeline().run()
    assert built == [("double", 1)]


class Gone:
    """Is not there any more when results are forgotten."""


class Makes(ReactiveBuilder):
    version = 1

    def __init__(self):
        super().__init__("made", ["number"], persist=True)

    def build(self, context, number):
        yield Gone()


@pytest.mark.parametrize(
    "remove", [lambda pipeline: pipeline.forget("made", 1), lambda pipeline: pipeline.refresh("made")]
)
def test_a_result_that_cannot_be_loaded_can_be_removed(tmp_path, monkeypatch, remove):
    with Pipeline([Makes()], workspace=tmp_path) as pipeline:
        assert len(pipeline.compute("made", inputs={"number": [1]})) == 1
    monkeypatch.delattr(sys.modules[__name__], "Gone")
    with Pipeline([Makes()], workspace=tmp_path) as pipeline:
        assert remove(pipeline) in (1, {"Makes": 1})
        assert len(pipeline.results()["Makes"]) == 0


def test_a_refreshed_target_is_built_anew(pipeline):
    now = pipeline()
    assert now.refresh("double") == {"Double": 2}
    assert now.results()["Double"]["own"].startswith("an entry")
    now.run()
    assert sorted(built) == [("double", 1), ("double", 2)]


def test_everything_downstream_is_built_anew_where_it_is_asked_for(pipeline):
    now = pipeline()
    assert now.refresh("double", downstream=True) == {"Double": 2, "Sum": 2, "Square": 3}
    now.run()
    assert len(built) == 7


# -- in a pipeline that is open


class Draws(ReactiveBuilder):
    number = 0

    def __init__(self, provides="drawn", requires=("number",)):
        super().__init__(provides, requires, persist=True)

    def build(self, context, number):
        Draws.number += 1
        yield number, Draws.number


class Passes(ReactiveBuilder):
    def __init__(self):
        super().__init__("passed", ["drawn"])

    def build(self, context, drawn):
        yield drawn


@pytest.fixture(params=["alone", "balanced"])
def drawn(request, monkeypatch):
    """A pipeline whose every build gives another artifact, and its targets."""
    monkeypatch.setattr(Draws, "number", 0)
    builders = parallelize("drawn", ["number"], Draws, 2) if request.param == "balanced" else [Draws()]
    with Pipeline([Numbers(), *builders, Passes()], max_workers=1) as pipeline:
        yield pipeline


@pytest.mark.parametrize("target", ["drawn", "passed"])
def test_a_value_is_computed_anew_after_a_refresh(drawn, target):
    assert drawn.compute(target) == [(1, 1), (2, 2)] == drawn.compute(target)
    drawn.refresh("drawn")
    assert drawn.compute(target) == [(1, 3), (2, 4)] == drawn.compute("drawn")


def test_only_the_input_that_is_forgotten_is_computed_anew(drawn):
    drawn.compute("passed")
    assert drawn.forget("drawn", 1) == 1
    assert drawn.compute("passed") == [(1, 3), (2, 2)]


def test_a_refresh_holds_for_values_of_other_inputs_too(drawn):
    for numbers in ([5], [6]):
        drawn.compute("passed", inputs={"number": numbers})
    drawn.refresh("drawn")
    assert drawn.compute("passed", inputs={"number": [5]}) == [(5, 3)]
    assert drawn.compute("passed", inputs={"number": [6]}) == [(6, 4)]


def test_what_is_resolved_after_a_refresh_is_announced_anew(drawn):
    found = drawn.collect(target="passed")
    drawn.compute("passed")
    drawn.refresh("drawn")
    drawn.resolve("passed")
    report = drawn.step()
    assert report.failures == ()
    assert list(found) == [(1, 1), (2, 2), (1, 3), (2, 4)]


def test_what_began_anew_and_was_not_kept_is_an_error(drawn, monkeypatch):
    monkeypatch.setattr(generations, "MOST_UNASKED", 1)
    drawn.compute("drawn")
    with pytest.raises(LifecycleError, match="more than 1 artifacts"):
        drawn.refresh("drawn")


@pytest.mark.parametrize(
    "edit", [lambda pipeline: pipeline.refresh("duoble"), lambda pipeline: pipeline.forget("number", 1)]
)
def test_what_keeps_no_results_is_refused_by_name(pipeline, edit):
    with pytest.raises(UnknownName, match="double"):
        edit(pipeline())
