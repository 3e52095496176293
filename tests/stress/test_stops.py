"""What was accepted is delivered or counted as dropped, whenever a run is stopped and whoever submits meanwhile."""

import random
import threading
import time
from collections import Counter

import pytest

from framework.core import AbstractProcessor, Event, Pipeline
from framework.errors import PipelineEnded


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


@pytest.mark.usefixtures("slices")
@pytest.mark.parametrize("watched", [False, True])
def test_a_stop_at_any_moment_loses_nothing(size, watched):
    choose = random.Random(5)
    for _ in range(size(25, 1500)):
        hop = Hop()
        pipeline = Pipeline([hop], max_workers=choose.choice((1, 2)))
        if watched:
            pipeline.observe(lambda _: None)
        for _ in range(300):
            pipeline.submit(Event("hop", left=3))
        running = pipeline.start()
        for _ in range(choose.randrange(200)):
            time.sleep(0)
        running.stop()
        report = running.wait(60)
        assert hop.count["hop"] + report.dropped == 300 + hop.count["sent"]
        assert hop.count["__POISON__"] == 1
        assert report.delivered == {"Hop": hop.count["hop"] + 1}


@pytest.mark.usefixtures("slices")
def test_submits_from_outside_race_with_the_end(size):
    for _ in range(size(40, 2000)):
        hop, accepted = Hop(), []
        pipeline = Pipeline([hop])

        def send(pipeline=pipeline, accepted=accepted):
            try:
                while True:
                    accepted.append(pipeline.submit(Event("hop", left=1)))
            except PipelineEnded:
                pass

        running = pipeline.start()
        senders = [threading.Thread(target=send) for _ in range(2)]
        for sender in senders:
            sender.start()
        if any(sender.is_alive() for sender in senders):
            running.stop()
        report = running.wait(60)
        for sender in senders:
            sender.join()
        assert hop.count["hop"] + report.dropped == len(accepted) + hop.count["sent"]


@pytest.mark.usefixtures("slices")
def test_bounded_submits_race_with_deliveries_and_the_end(size):
    for _ in range(size(15, 500)):
        hop, accepted = Hop(), Counter()
        pipeline = Pipeline([hop], max_pending=3)

        def send(number, pipeline=pipeline, accepted=accepted):
            try:
                for _ in range(100):
                    pipeline.submit(Event("hop", left=1))
                    accepted[number] += 1
            except PipelineEnded:
                pass

        pipeline.submit(Event("hop", left=1))
        running = pipeline.start()
        senders = [threading.Thread(target=send, args=(number,)) for number in range(3)]
        for sender in senders:
            sender.start()
        running.wait(60)
        for sender in senders:
            sender.join()
        assert hop.count["hop"] == 2 * (1 + accepted.total())


def test_holds_from_many_threads_race_with_deliveries(size):
    class Holding(AbstractProcessor):
        interests = [(Event, "go")]  # noqa: RUF012

        def process(self, context, event):
            hold = context.hold()
            if event.n % 7 == 0:
                hold.defer(Event("go", n=event.n + 1))
            threading.Thread(target=answer, args=(hold, event.n)).start()

    def answer(hold, n):
        with hold:
            for _ in range(n % 3):
                hold.submit(Event("hop", left=0))

    for _ in range(size(5, 200)):
        hop = Hop()
        pipeline = Pipeline([Holding(), hop])
        for n in range(50):
            pipeline.submit(Event("go", n=n))
        pipeline.run()
        deferred = [n + 1 for n in range(50) if n % 7 == 0]
        assert hop.count["hop"] == sum(n % 3 for n in [*range(50), *deferred])
