"""Megabytes that queued events take: `queued.py PROCESSORS EVENTS`, each event waiting for every processor."""

import resource
import sys

from framework.core import AbstractProcessor, Event, Pipeline


class Many(AbstractProcessor):
    def __init__(self, number):
        self.number = number

    def process(self, context, event):
        match event:
            case Event(name="work", value=value):
                self.last = value


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main():
    processors, events = map(int, sys.argv[1:])
    before = peak()
    pipeline = Pipeline([Many(number) for number in range(processors)])
    for value in range(events):
        pipeline.submit(Event("work", value=value))
    print(peak() - before)


if __name__ == "__main__":
    main()
