"""A processor that counts what it gets and sends, so that the test that stops it knows whether anything is missing."""

from collections import Counter

from framework.core import AbstractProcessor, Event


class Hop(AbstractProcessor):
    """Passes events on to the next hop, and counts what it got, sent and was told at the end."""

    interests = [(Event, "hop"), (Event, "__POISON__")]  # noqa: RUF012

    def __init__(self):
        super().__init__()
        self.count = Counter()

    def process(self, context, event):
        self.count[event.name] += 1
        if event.name == "hop" and event.left:
            self.count["sent"] += 1
            context.submit(Event("hop", left=event.left - 1))
