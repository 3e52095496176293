"""`@reactive` on functions of every shape: where the context goes, and what is refused."""

import functools

import pytest

from framework.core import Pipeline
from framework.errors import OptionError, UnknownName, WiringError
from framework.reactive import reactive


@reactive
def number():
    yield from (1, 2)


class Owner:
    factor = 5

    def times(self, number):
        return self.factor * number

    @classmethod
    def twice(cls, number):
        return 2 * number

    @staticmethod
    def thrice(number):
        return 3 * number


class Called:
    def __call__(self, number):
        return number


def passed_on(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


def with_default(number, factor=2):
    return number * factor


def keyword_default(number, *, factor=3):
    return number * factor


def context_behind(number, context):
    return number, context.processor


def context_by_keyword(number, *, context):
    return number, context.processor


def any_keywords(number, **more):
    return number, more


@pytest.mark.parametrize(
    ("function", "values"),
    [
        (with_default, [2, 4]),
        (keyword_default, [3, 6]),
        (context_behind, [(1, "context_behind"), (2, "context_behind")]),
        (context_by_keyword, [(1, "context_by_keyword"), (2, "context_by_keyword")]),
        (any_keywords, [(1, {}), (2, {})]),
        (Owner().times, [5, 10]),
        (Owner.twice, [2, 4]),
        (Owner.thrice, [3, 6]),
        (passed_on(with_default), [2, 4]),
        (functools.lru_cache(with_default), [2, 4]),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_requirements_are_the_parameters_that_need_an_artifact(function, values):
    builder = reactive(function)
    assert builder.requires == ["number"]
    assert Pipeline([number(), builder]).compute(builder.provides) == values


def test_the_context_is_found_beside_artifacts_that_are_unpacked():
    @reactive
    def pair():
        return 1, 2

    @reactive(requires=["*pair"])
    def both(one, context, other):
        return one, context.processor, other

    assert Pipeline([pair, both]).compute("both") == [(1, "both", 2)]


def test_a_lambda_takes_the_name_of_its_target():
    builder = reactive(provides="double", requires=["number"])(lambda n: 2 * n)
    assert builder.name == "double"
    assert Pipeline([number(), builder]).compute("double") == [2, 4]
    with pytest.raises(WiringError, match="a lambda has no name for its target"):
        reactive(lambda number: number)


@pytest.mark.parametrize("thing", [functools.partial(with_default, factor=3), Called(), Owner])
def test_what_is_no_function_is_refused_with_what_to_write(thing):
    for make in (reactive, reactive(provides="a", requires=["number"])):
        with pytest.raises(WiringError, match="write a function that calls it, or subclass ReactiveBuilder"):
            make(thing)


def test_a_keyword_that_no_artifact_reaches_is_named():
    with pytest.raises(WiringError, match="no artifact reaches the keyword-only factor: give a default"):

        @reactive
        def scaled(number, *, factor):
            return number * factor


def test_a_method_in_the_body_of_its_class_is_refused():
    with pytest.raises(WiringError, match=r"times is a method, .* reactive\(thing.times\)"):

        class _Wrong:
            @reactive
            def times(self, number):
                return number


def test_one_builder_computes_in_one_pipeline_after_another():
    first, second = Pipeline([number, reactive(with_default)]), Pipeline([number])
    assert first.compute("with_default") == [2, 4]
    assert second.compute("number") == [1, 2]


def test_a_misspelt_target_is_not_collected_in_vain():
    pipeline = Pipeline([number()])
    with pytest.raises(UnknownName, match="did you mean 'number'"):
        pipeline.collect(target="numbr")
    assert pipeline.collect(target="announced by a processor") == []


def test_what_is_no_name_of_a_target_is_not_computed():
    with pytest.raises(OptionError, match="compute takes the names of targets, got 3"):
        Pipeline([number()]).compute(3)
