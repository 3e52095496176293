"""What was accepted is delivered or counted as dropped, at whichever moment a run is stopped."""

import random
import threading
import time
from collections import Counter

import pytest
from hops import Hop

from framework.core import AbstractProcessor, Event, Pipeline
from framework.errors import PipelineEnded


@pytest.mark.usefixtures("slices")
@pytest.mark.parametrize("watched", [False, True])
def test_a_stop_at_any_moment_loses_nothing(size, figure, watched):
    choose, stops, counts = random.Random(5), size(25, 1500), Counter()
    for _ in range(stops):
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
        counts.update(delivered=hop.count["hop"], dropped=report.dropped)
    figure("stops", stops)
    for name, count in counts.items():
        figure(name, count)


@pytest.mark.usefixtures("slices")
def test_submits_from_outside_race_with_the_end(size, figure):
    runs, submits = size(40, 2000), 0
    for _ in range(runs):
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
        submits += len(accepted)
    figure("runs", runs)
    figure("submits that were accepted", submits)


@pytest.mark.usefixtures("slices")
def test_bounded_submits_race_with_deliveries_and_the_end(size, figure):
    runs, submits = size(15, 500), 0
    for _ in range(runs):
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
        submits += accepted.total()
    figure("runs", runs)
    figure("submits that were accepted", submits)


def test_holds_from_many_threads_race_with_deliveries(size, figure):
    class Holding(AbstractProcessor):
        interests = [(Event, "go")]  # noqa: RUF012

        def process(self, context, event):
            hold = context.hold()
            if event.n % 7 == 0:
                hold._defer(Event("go", n=event.n + 1))
            threading.Thread(target=answer, args=(hold, event.n)).start()

    def answer(hold, n):
        with hold:
            for _ in range(n % 3):
                hold.submit(Event("hop", left=0))

    runs, held = size(5, 200), 0
    for _ in range(runs):
        hop = Hop()
        pipeline = Pipeline([Holding(), hop])
        for n in range(50):
            pipeline.submit(Event("go", n=n))
        pipeline.run()
        deferred = [n + 1 for n in range(50) if n % 7 == 0]
        assert hop.count["hop"] == sum(n % 3 for n in [*range(50), *deferred])
        held += 50 + len(deferred)
    figure("runs", runs)
    figure("holds", held)
