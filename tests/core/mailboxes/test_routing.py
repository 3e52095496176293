import gc
from dataclasses import dataclass

import pytest
from samples import ignore, processor, run

from framework.core import AbstractProcessor, Event, Pipeline
from framework.core.mailboxes.routing import KEPT_NAMES
from framework.errors import NotAnEvent, OptionError


class Loud(Event):
    pass


class Tick(Event):
    def __init__(self):
        pass


class OfLoud(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Loud():
                pass


class OfEvents(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event():
                pass


def test_submit_returns_the_number_of_recipients():
    pipeline = Pipeline([processor(ignore, "a"), processor(ignore, "a", "b"), processor(ignore, "c")])
    assert [pipeline.submit(Event(name)) for name in "abcd"] == [2, 1, 1, 0]


def test_a_processor_whose_cases_match_in_several_ways_gets_an_event_once():
    class Twice(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="a", n=1):
                    pass
                case Event(name="a"):
                    pass
                case Event():
                    pass

    assert Pipeline([Twice()]).submit(Event("a")) == 1


def test_a_pattern_of_a_base_class_takes_events_of_its_subclasses():
    assert Pipeline([OfEvents()]).submit(Loud("x")) == 1


def test_a_pattern_of_a_subclass_takes_no_events_of_the_base():
    assert Pipeline([OfLoud()], strict_interest_inference=True).submit(Event("x")) == 0


def test_an_event_without_a_name_reaches_those_who_want_its_class():
    assert Pipeline([OfEvents(), OfLoud(), processor(ignore, "tick")]).submit(Tick()) == 1


def test_a_processor_with_a_wildcard_receives_everything():
    class Everything(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="a"):
                    pass
                case _:
                    pass

    assert Pipeline([Everything()]).submit(Event("whatever")) == 1


def test_a_strict_pipeline_ignores_a_wildcard():
    class Everything(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="a"):
                    pass
                case _:
                    pass

    assert Pipeline([Everything()], strict_interest_inference=True).submit(Event("whatever")) == 0


def test_a_strict_pipeline_names_a_processor_that_can_receive_nothing(caplog):
    class Deaf(AbstractProcessor):
        def process(self, context, event):
            pass

    Pipeline([Deaf()], strict_interest_inference=True)
    assert "Deaf can receive nothing" in caplog.text


def test_endless_names_cannot_fill_the_memory():
    pipeline = Pipeline([processor(ignore, "a")])
    for number in range(3 * KEPT_NAMES):
        pipeline.submit(Event(f"name-{number}"))
    assert len(pipeline._routes.rows[Event]) <= KEPT_NAMES + 1


def test_a_declared_name_is_routed_after_endless_others():
    pipeline = Pipeline([processor(ignore, "a")])
    for number in range(2 * KEPT_NAMES):
        pipeline.submit(Event(f"name-{number}"))
    assert pipeline.submit(Event("a")) == 1


def test_events_without_recipients_are_counted():
    assert run(processor(ignore, "found"), events=[Event("lost"), Event("lost"), Event("found")]).dead_letters == 2


@pytest.mark.parametrize("thing", ["start", 5, None, {"name": "start"}, object()])
def test_a_submit_of_something_else_names_it_and_the_call_to_make(thing):
    pipeline = Pipeline([processor(ignore, "a")])
    with pytest.raises(NotAnEvent, match=rf"got {type(thing).__name__}: submit\(Event\(name=\.\.\."):
        pipeline.submit(thing)


def test_a_submit_of_an_event_class_says_to_call_it():
    with pytest.raises(TypeError, match=r"the class Event, which is called to make one: submit\(Event\(\.\.\.\)\)"):
        Pipeline([]).submit(Event)


@pytest.mark.parametrize("name", ["__INIT__", "__PHASE__", "__POISON__"])
def test_the_pipelines_own_names_cannot_be_submitted(name):
    with pytest.raises(OptionError, match=f"events named {name} are sent by the pipeline itself"):
        Pipeline([processor(ignore, "a")]).submit(Event(name))


def test_an_event_whose_name_cannot_be_looked_up_is_refused_by_name():
    event = Event("a")
    event.name = ["a"]
    with pytest.raises(TypeError, match="name of an event is a string"):
        Pipeline([processor(ignore, "a")]).submit(event)


def test_a_delivery_that_submits_an_event_with_such_a_name_fails_with_that_error():
    def go(context, event):
        bad = Event("b")
        bad.name = {}
        context.submit(bad)

    report = run(processor(go, "a"), events=[Event("a")], on_error="keep")
    assert "name of an event is a string" in str(report.failures[0].exception)


@pytest.mark.parametrize("name", [[], ([],)])
def test_an_event_whose_name_cannot_be_looked_up_is_refused(name):
    event = Event("fine")
    event.name = name
    with pytest.raises(TypeError, match="the name of an event is a string, got"):
        Pipeline([]).submit(event)


def test_unhashable_events_are_routed():
    @dataclass(eq=True)
    class Point(Event):
        x: int
        name: str = "point"

    assert run(processor(ignore, "point"), events=[Point(1)]).delivered["sample"] == 1


def test_no_reference_to_a_delivered_event_stays():
    class Marked(Event):
        pass

    pipeline = Pipeline([processor(ignore, "a")])
    pipeline.submit(Marked("a"))
    pipeline.run()
    gc.collect()
    assert not [thing for thing in gc.get_objects() if type(thing) is Marked]
