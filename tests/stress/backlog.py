"""`backlog.py <processors> <events>` lets so many events wait for so many processors, then delivers them."""

import json
import sys
from pathlib import Path

from framework.core import AbstractProcessor, Event, Pipeline


class Node(AbstractProcessor):
    """Gets its share of the events."""

    def __init__(self, number):
        super().__init__(f"node-{number}")
        self.interests = [(Event, f"go-{number}")]

    def process(self, context, event):
        pass


def megabytes():
    """The peak of this process; getrusage would count that of the process which forked it as well."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines())
    return int(status["VmHWM"].split()[0]) // 1024


processors, events = map(int, sys.argv[1:])
pipeline = Pipeline([Node(number) for number in range(processors)])
for number in range(events):
    pipeline.submit(Event(f"go-{number % processors}", n=number))
waiting = pipeline.snapshot().waiting
assert sum(pipeline.run().delivered.values()) == events
print(json.dumps({"waiting": waiting, "megabytes": megabytes()}))  # noqa: T201 - its answer
