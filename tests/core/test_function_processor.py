import functools

import pytest

from framework.core import AbstractProcessor, Event, Pipeline, processor
from framework.errors import OptionError


def test_a_function_becomes_a_processor_with_the_interests_of_its_match():
    @processor
    def greet(context, event):
        match event:
            case Event(name="start", who=who):
                context.submit(Event("greet", text=f"hello {who}"))

    pipeline = Pipeline([greet], strict_interest_inference=True)
    greetings = pipeline.collect("greet")
    assert pipeline.submit(Event("start", who="world")) == 1
    assert pipeline.submit(Event("other")) == 0
    pipeline.run()
    assert [event.text for event in greetings] == ["hello world"]
    assert (isinstance(greet, AbstractProcessor), greet.name) == (True, "greet")


def test_the_context_is_passed_only_to_a_function_that_takes_it():
    seen = []

    @processor(name="keeper", priority=3)
    def keep(event):
        match event:
            case Event(name="a"):
                seen.append(event.name)

    pipeline = Pipeline([keep], strict_interest_inference=True)
    pipeline.submit(Event("a"))
    pipeline.run()
    assert (seen, keep.name, keep.priority) == (["a"], "keeper", 3)


def test_calling_it_makes_another_processor():
    @processor
    def keep(context, event):
        match event:
            case Event(name="a"):
                pass

    other = keep()
    assert (other is keep, other.name, type(other) is type(keep)) == (False, "keep", True)
    assert keep.name in Pipeline([keep]).renew().graph().mermaid()


@pytest.mark.parametrize("wrong", [5, Event, lambda: None, lambda a, b, c: None])
def test_what_is_no_function_of_an_event_is_refused(wrong):
    with pytest.raises(OptionError, match="@processor"):
        processor(wrong)


def test_what_has_a_default_is_left_to_the_function():
    seen = []

    @processor
    def keeps(context, event, verbose=False, *, times=1):  # noqa: FBT002
        match event:
            case Event(name="a", n=n):
                seen.append((n, verbose, times))

    pipeline = Pipeline([keeps], strict_interest_inference=True)
    pipeline.submit(Event("a", n=3))
    pipeline.run()
    assert seen == [(3, False, 1)]


@pytest.mark.parametrize("function", [lambda a, context, event: None, lambda context, *, event: None, lambda: None])
def test_a_function_of_other_parameters_is_refused(function):
    with pytest.raises(OptionError, match=r"takes \(context, event\), not \("):
        processor(function)


def test_a_partial_is_refused_with_the_function_to_write():
    def check(limit, context, event):
        pass

    with pytest.raises(OptionError, match=r"def my_check\(context, event\): check\(3, context, event\)"):
        processor(functools.partial(check, 3))
