"""A `process` of which a call would run nothing is refused when the pipeline is made."""

import pytest

from framework.core import AbstractProcessor, Event, Pipeline, caching, retry
from framework.errors import GeneratorProcess


class Yields(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="line", text=text):
                yield Event(name="number", value=int(text))


class Declared(AbstractProcessor):
    interests = ((Event, "line"),)

    def process(self, context, event):
        yield event


class Cached(AbstractProcessor):
    @caching
    def process(self, context, event):
        match event:
            case Event(name="line"):
                yield event


class Retried(AbstractProcessor):
    @retry(2)
    def process(self, context, event):
        match event:
            case Event(name="line"):
                yield event


@pytest.mark.parametrize("kind", [Yields, Declared, Cached, Retried])
def test_a_process_that_yields_is_told_to_submit(kind):
    with pytest.raises(GeneratorProcess, match=f"{kind.__name__}.process yields .*context.submit"):
        Pipeline([kind()])


@pytest.mark.parametrize("declared", [None, ((Event, "line"),)])
def test_a_process_that_is_async_and_yields_is_refused_as_well(declared):
    class Later(AbstractProcessor):
        interests = declared

        async def process(self, context, event):
            yield event

    with pytest.raises(GeneratorProcess):
        Pipeline([Later()])


def test_a_generator_inside_of_process_is_nothing_special():
    class Numbers(AbstractProcessor):
        got = ()

        def process(self, context, event):
            match event:
                case Event(name="line", text=text):

                    def numbers():
                        yield from map(int, text.split())

                    self.got = tuple(numbers())

    numbers = Numbers()
    pipeline = Pipeline([numbers])
    pipeline.submit(Event("line", text="1 2"))
    pipeline.run()
    assert numbers.got == (1, 2)
