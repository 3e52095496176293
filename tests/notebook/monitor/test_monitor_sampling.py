import threading

import pytest
from notebook_processors import make_pipeline
from notebook_samples import Runtime, node_snapshot

from framework.notebook import ScalingMonitor
from framework.notebook.monitor.monitor_view import MonitorView
from framework.observe import Snapshot

pytestmark = pytest.mark.timeout(60)


class Counting(Runtime):
    """A runtime in which something moves whenever it is looked at."""

    report = None

    def __init__(self):
        super().__init__(None, None)
        self._looks = 0

    def snapshot(self):
        self._looks += 1
        return Snapshot("flow", "running", float(self._looks), {"fetch": node_snapshot("fetch", done=self._looks)})


def test_a_monitor_that_was_closed_begins_again():
    monitor = ScalingMonitor(Counting(), interval=0.1)
    for _ in range(2):
        told = threading.Event()
        monitor.listeners.add(told.set)
        monitor.start()
        assert told.wait(20)
        monitor.close()
        monitor._thread.join(20)
        monitor.listeners.remove(told.set)


def test_a_processor_that_worked_all_the_time_was_never_idle():
    pipeline = make_pipeline()
    monitor = ScalingMonitor(pipeline)
    busy = node_snapshot("Parse", busy_seconds=7.0)

    assert MonitorView(monitor)._times(busy) == {"working": 7.0, "idle": 0.0}
