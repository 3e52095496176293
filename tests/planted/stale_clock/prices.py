import datetime as dt

from framework.core import AbstractProcessor, Event, caching


def is_weekend():
    return dt.datetime.now().weekday() >= 5  # planted


class Price(AbstractProcessor):
    @caching
    def process(self, context, event):
        match event:
            case Event(name="article", cents=cents):
                context.submit(Event("label", cents=cents // 2 if is_weekend() else cents))
