import pytest
from samples import ignore, processor

from framework.core import Event, Pipeline
from framework.errors import OptionError
from framework.observe import EventSubmitted


class Special(Event):
    pass


def greeting(count=2):
    def greet(context, event):
        for number in range(count):
            context.submit(Event("greet", number=number))

    pipeline = Pipeline([processor(greet, "start")])
    pipeline.submit(Event("start"))
    return pipeline


def test_events_of_a_name_are_collected():
    pipeline = greeting()
    greetings = pipeline.collect("greet")
    assert len(greetings) == 0
    pipeline.run()
    assert [event.number for event in greetings] == [0, 1]
    assert (greetings[0].number, [event.number for event in greetings[-1:]]) == (0, [1])


def test_what_is_collected_is_no_dead_letter():
    pipeline = greeting()
    assert pipeline.run().dead_letters == 2
    pipeline = greeting()
    pipeline.collect("greet")
    assert pipeline.run().dead_letters == 0


def test_events_of_a_class_are_collected_with_those_of_its_subclasses():
    class More(Special):
        pass

    pipeline = Pipeline([processor(ignore, "a")])
    found = pipeline.collect(Special)
    for event in (Special("a"), More("b"), Event("a")):
        pipeline.submit(event)
    assert [type(event) for event in found] == [Special, More]


def test_recipients_and_observers_see_no_difference():
    pipeline = greeting()
    pipeline.collect("greet")
    seen = []
    pipeline.observe(lambda happening: seen.append(happening) if isinstance(happening, EventSubmitted) else None)
    assert pipeline.run().delivered == {"sample": 1}
    assert [one.recipients for one in seen if one.event.name == "greet"] == [(), ()]


def test_a_frame_has_the_attributes_as_columns():
    pipeline = greeting()
    greetings = pipeline.collect("greet")
    assert list(greetings.frame().columns) == []
    pipeline.run()
    assert greetings.frame()["number"].tolist() == [0, 1]


@pytest.mark.parametrize("arguments", [(), (3,)])
def test_what_cannot_be_collected_is_refused(arguments):
    with pytest.raises(OptionError, match="collect takes"):
        greeting().collect(*arguments)


def test_it_says_what_it_has():
    pipeline = greeting(20)
    greetings = pipeline.collect("greet")
    pipeline.run()
    assert repr(greetings).startswith("<Collected Event greet: 20 [Event(name='greet', number=0), ")
    assert len(repr(greetings)) < 600
