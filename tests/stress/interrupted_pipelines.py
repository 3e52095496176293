"""`interrupted_pipelines.py <seed> <count>` interrupts so many runs, each at a random moment."""

import time
from collections import Counter

from hops import Hop
from interrupts import interrupt, main, seconds_of

from framework.core import Event, Pipeline

EVENTS, HOPS = 100, 10
WAYS = (Pipeline.run, lambda pipeline: (list(pipeline.phases()), pipeline.finish()))


class Yielding(Hop):
    """Lets the main thread, which is the one that is told, have its turn at any moment instead of every 5 ms."""

    def process(self, context, event):
        time.sleep(0)
        super().process(context, event)


def campaign(random, count):
    """Interrupt, and hold what the processor has counted against the report."""
    counts = Counter()
    usual = max(seconds_of(lambda drive=drive: drive(waiting(Yielding()))) for drive in WAYS for _ in range(3))
    for _ in range(int(count)):
        hop, drive = Yielding(), random.choice(WAYS)
        pipeline = waiting(hop)
        interrupt(lambda drive=drive, pipeline=pipeline: drive(pipeline), random.uniform(0, usual))
        counts["interrupts sent"] += 1
        counts["hit a running pipeline"] += bool(pipeline.report and pipeline.report.interrupted)
        pipeline.close()  # for those that were interrupted before they began, or between two phases
        report = pipeline.report
        assert hop.count["__POISON__"] <= 1, hop.count
        assert hop.count["__POISON__"] or not hop.count["hop"], hop.count
        assert hop.count["hop"] + report.dropped == EVENTS + hop.count["sent"], (hop.count, report)
        counts["deliveries"] += hop.count["hop"]
        counts["dropped"] += report.dropped
    return counts


def waiting(hop):
    """A pipeline with something to do."""
    pipeline = Pipeline([hop], max_workers=2, grace=20)
    for _ in range(EVENTS):
        pipeline.submit(Event("hop", left=HOPS))
    return pipeline


if __name__ == "__main__":
    main(campaign)
