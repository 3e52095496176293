"""What watching costs the watched run: a monitor that takes ten snapshots a second, and a recorder that keeps all.

The monitor is what `pipeline.watch()` shows in a notebook, without the browser. Bodies of some 20 us of work stand for
a light processor; a recorder tells every event, so that its cost is given per event and not promised as a share.
"""

import time

from interleaved import measure, table
from promises import finish, promise

from framework.core import AbstractProcessor, Event, Pipeline
from framework.notebook import ScalingMonitor
from framework.observe import Recorder

COUNT = 100_000
UNWATCHED, MONITOR = "unwatched", "monitor, 10 snapshots/s"


class Work(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="work", left=left) if left:
                sum(range(700))
                context.submit(Event("work", left=left - 1))


def timed(watch, count=COUNT):
    """Seconds per delivery."""

    def run():
        pipeline = Pipeline([Work()])
        watching = watch(pipeline)
        pipeline.submit(Event("work", left=count))
        started = time.perf_counter()
        pipeline.run()
        elapsed = time.perf_counter() - started
        if watching is not None:
            watching.close()
        return elapsed / count

    return run


def monitor(pipeline):
    watching = ScalingMonitor(pipeline, interval=0.1)
    watching.start()
    return watching


def main():
    contestants = {
        UNWATCHED: timed(lambda pipeline: None),
        MONITOR: timed(monitor),
        "recorder": timed(lambda pipeline: pipeline.observe(Recorder()), COUNT // 10),
    }
    times = measure(contestants, rounds=15)
    table("a delivery", times, UNWATCHED)
    promise("percent that a monitor costs", 100 * (times.ratio(MONITOR, UNWATCHED) - 1), at_most=5)
    finish()


if __name__ == "__main__":
    main()
