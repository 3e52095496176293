"""What can be a job, and what it is called."""

from __future__ import annotations

import functools

import pytest
from flow_samples import Adder, double, outcome, triple

from framework.errors import FlowError, OptionError
from framework.flow import Flow

pytestmark = pytest.mark.timeout(30)


def test_callable_objects_partials_and_methods_are_processors():
    async def power(exponent, item):
        return item**exponent

    assert outcome(Adder(5)) == 6
    assert outcome(functools.partial(power, 3), 2) == 8
    assert outcome(Adder(7).add) == 8


def test_a_decorator_that_keeps_wrapped_is_believed():
    @functools.wraps(double)
    def logged(item):
        return double(item)

    assert outcome(logged, 4) == 8


def plain(item):
    return item


@pytest.mark.parametrize(
    ("processor", "remedy"),
    [
        (plain, "executor="),
        (lambda item: item, "executor="),
        (functools.partial(plain), "executor="),
        (5, "async function"),
        (None, "async function"),
        ("double", "async function"),
        (Adder, "instance"),
    ],
)
def test_what_cannot_be_a_processor_is_refused_with_the_remedy(processor, remedy):
    with pytest.raises(FlowError, match=remedy):
        Flow().add(processor)
    with pytest.raises(FlowError, match=remedy):
        Flow().error(processor)


def test_jobs_are_named_by_argument_then_decorator_then_function():
    flow = Flow().add(double).add(triple).add(triple, name="third").add(Adder(1)).add(double)
    assert [job.name for job in flow._jobs] == ["double", "triple", "third", "Adder", "double 2"]


@pytest.mark.parametrize("name", ["double", "", 5])
def test_a_name_that_is_taken_or_none_is_refused(name):
    with pytest.raises(OptionError, match="name"):
        Flow().add(double).add(double, name=name)


def test_a_second_error_job_is_refused():
    with pytest.raises(OptionError, match="already"):
        Flow().add(double).error(double).error(triple)


def test_an_unknown_option_is_refused():
    with pytest.raises(TypeError, match="speed"):
        Flow().add_job_with_factory(lambda: double, speed=3)
