import asyncio
import io
import re
from types import SimpleNamespace

import pytest
from notebook_processors import make_pipeline
from notebook_samples import Runtime, node_snapshot, snapshot

from framework.errors import OptionError
from framework.flow import FixedCapacity, Flow, UtilizationCapacity
from framework.notebook import ScalingMonitor, watch
from framework.notebook.monitor.monitor_table import embedded, inline, monitor_html
from framework.notebook.monitor.monitor_view import MonitorView, monitor_twin
from framework.notebook.monitor.progress import ProgressLine
from framework.notebook.monitor.series import BUCKETS, WINDOW, Series
from framework.observe import NodeSnapshot, Snapshot

pytestmark = pytest.mark.timeout(30)


class Scripted(Runtime):
    """A runtime whose snapshots are given one after the other."""

    report = None

    def __init__(self, *snapshots):
        super().__init__(None, None)
        self._left = list(snapshots)

    def snapshot(self):
        return self._left.pop(0) if len(self._left) > 1 else self._left[0]


def at(second, done, state="running", **numbers):
    node = node_snapshot("fetch", done=done, workers=5, max_workers=5, capacity=10, **numbers)
    return Snapshot("flow", state, float(second), {"fetch": node})


def series(*samples):
    made = Series()
    for second, done in samples:
        made.add(second, done)
    return made


def test_rates_of_any_span_add_up_to_what_was_finished():
    for last in range(1, 300):
        made = series((0.0, 0), (last / 7, 10))
        assert len(made.rates()) <= BUCKETS
        if made.rates():
            assert sum(made.rates()) / len(made.rates()) * made.span == pytest.approx(10, abs=0.01 * made.span + 0.01)


def test_a_series_knows_what_was_finished_per_second():
    made = series((1.0, 0), (2.0, 20), (4.0, 40), (5.0, 41))

    assert made.span == 4.0
    assert made.rate == 1.0
    assert sum(made.rates()) * made.span / len(made.rates()) == pytest.approx(41)
    assert made.rates()[0] == 20.0
    assert made.rates()[-1] == 1.0


def test_a_run_of_two_seconds_has_a_chart():
    made = series(*((at / 10, at**2) for at in range(21)))

    assert len(made.rates()) == 20
    assert made.rates() == sorted(made.rates())


def test_a_series_keeps_a_minute():
    made = series(*((second, second) for second in range(200)))

    assert made.span == WINDOW
    assert made.rates() == [1.0] * BUCKETS


def test_a_series_begins_again_with_its_run():
    made = series((1, 100), (2, 200), (3, 0), (4, 5), (5, 6))

    assert made.span == 2
    assert made.rate == 1.0


def test_a_series_of_nothing_has_no_rate():
    assert (Series().rate, Series().rates(), Series().span) == (0.0, [], 0.0)
    assert series((1.0, 5)).rate == 0.0


def test_a_monitor_tells_how_long_how_fast_and_how_many_failed():
    monitor = ScalingMonitor(Scripted(at(0, 0, "not started"), at(10, 0), at(21, 0), at(22, 840, failed=3)))
    for _ in range(3):
        monitor.sample()

    assert MonitorView(monitor).header() == "Running 12 s, 840 done/s, 3 failed"


def test_a_flow_that_has_not_started_says_so():
    assert MonitorView(ScalingMonitor(Scripted(at(0, 0, "not started")))).header() == "Flow not started"


def test_a_row_shows_workers_queue_and_limits():
    monitor = ScalingMonitor(Scripted(at(1, 4, running=3, blocked=1, waiting=7)))
    (row,) = MonitorView(monitor).rows()["rows"]

    assert row["workers"] == {"working": 3, "blocked": 1, "idle": 1}
    assert row["queue"] == [7, 10]
    assert row["limits"] == [1, 5]


def test_listeners_are_told_only_when_something_moved():
    told = []
    monitor = ScalingMonitor(Scripted(at(1, 4, "finished")))
    monitor.listeners.add(lambda: told.append(1))
    monitor.sample()

    assert told == []


def test_a_closed_output_ends_no_sampling_for_the_others(caplog):
    told = []
    monitor = ScalingMonitor(Scripted(at(0, 0), at(1, 0), at(2, 0)))
    closed = io.StringIO()
    closed.close()
    monitor.listeners.add(lambda: closed.write("line"))
    monitor.listeners.add(lambda: told.append(monitor.latest.at))
    assert monitor.sample()
    assert monitor.sample()

    assert told == [1.0, 2.0]
    assert [record.message for record in caplog.records] == ["a view could not be told and is told no more"]


def test_sampling_faster_than_ten_times_a_second_is_refused():
    with pytest.raises(OptionError, match="ten times a second"):
        ScalingMonitor(make_pipeline(), interval=0.01)


@pytest.mark.parametrize("picture", [inline, embedded])
def test_the_rows_are_the_same_html_in_a_live_view_and_in_a_saved_notebook(picture):
    monitor = ScalingMonitor(Runtime(None, snapshot(node_snapshot("<script>", running=1, done=1_204))))
    monitor.runtime.report = None
    html = monitor_html(MonitorView(monitor).rows(), picture)

    assert ">&lt;script&gt;</th>" in html
    assert ">1,204</td>" in html
    assert "▶ working</td>" in html
    assert ("<svg" in html) == (picture is inline)


def test_a_full_queue_says_so():
    monitor = ScalingMonitor(Scripted(at(1, 4, waiting=10)))

    assert ">10/10 full<" in MonitorView(monitor).state()["html"]


def test_failures_are_a_row_for_each_kind_the_newest_first():
    async def fetch(item):
        if item % 2:
            raise ValueError(item)
        raise OSError("no route")

    flow = Flow(capacity=FixedCapacity(1)).add(fetch)
    asyncio.run(flow.run([1, 2, 3, 4, 5]))
    rows = MonitorView(ScalingMonitor(flow)).rows()["failures"]

    assert [row[:3] for row in rows] == [["fetch", 2, "OSError: no route"], ["fetch", 3, "ValueError: 1"]]


def test_items_that_wait_for_another_attempt_stand_beside_the_queue():
    node = NodeSnapshot("fetch", 3, 0, 1, 1, 1, 9, 0, 0.0, capacity=10, retrying=4)
    monitor = ScalingMonitor(Scripted(Snapshot("crawl", "running", 1.0, {"fetch": node})))

    assert ">3/10, 4 to retry<" in MonitorView(monitor).state()["html"]


async def scaled_flow():
    async def fetch(item):
        await asyncio.sleep(0.005)
        if item == 7:
            raise ValueError(item)
        return item

    capacity = UtilizationCapacity(initial_workers=1, max_workers=4, sampling=0.02, cooldown=0.02, dampening=0.02)
    flow = Flow(capacity=capacity).add(fetch)
    monitor = ScalingMonitor(flow, interval=0.1)
    monitor.start()
    await flow.run(range(100))
    monitor.close()
    monitor.sample()
    return monitor


def test_scaling_decisions_and_failures_of_a_flow_are_shown_with_reasons():
    monitor = asyncio.run(scaled_flow())
    state = MonitorView(monitor).rows()

    assert state["decisions"]
    assert state["decisions"][-1][1:3] == ("fetch", "1 → 3")
    assert "0.70" in state["decisions"][-1][3]
    [[job, times, error, where, first]] = state["failures"]
    assert (job, times, error, first) == ("fetch", 1, "ValueError: 7", "7")
    assert where.startswith("test_monitor.py:")
    assert "1 failed" in state["header"]
    assert "99" in state["header"] or "100" in state["header"]


def test_the_twin_of_a_monitor_needs_no_script():
    html, text = monitor_twin(asyncio.run(scaled_flow()))

    assert "<script" not in html
    assert "<svg" not in html
    assert text.startswith("flow: Finished")


def test_a_flow_is_stopped_from_another_thread():
    async def endless(item):
        await asyncio.sleep(60)

    async def main():
        flow = Flow().add(endless)
        monitor = ScalingMonitor(flow)
        running = asyncio.create_task(flow.run(range(3)))
        await asyncio.sleep(0)
        await asyncio.to_thread(monitor.stop)
        return await running

    assert asyncio.run(main()).ended == "stopped"


def test_a_log_has_whole_lines():
    out = io.StringIO()
    pipeline = make_pipeline(on_error="keep")
    monitor = watch(pipeline, out)
    pipeline.run()
    monitor.sample()

    assert "\r" not in out.getvalue()
    assert re.match(r"demo: Finished \d\.\d s, 16 done, 1 failed", out.getvalue().splitlines()[-1])


def test_a_monitor_that_without_references_is_let_go():
    import gc
    import weakref

    monitor = ScalingMonitor(make_pipeline(), interval=0.1)
    monitor.start()
    thread, gone = monitor._thread, weakref.ref(monitor)
    del monitor
    while gone() is not None:
        gc.collect()

    thread.join(10)
    assert not thread.is_alive()


def test_a_monitor_that_comes_after_the_run_still_tells_how_it_went():
    async def main():
        async def fetch(item):
            await asyncio.sleep(0.005)

        capacity = UtilizationCapacity(initial_workers=1, max_workers=4, sampling=0.02, cooldown=0.02, dampening=0.02)
        flow = Flow(capacity=capacity).add(fetch)
        await flow.run(range(100))
        return ScalingMonitor(flow)

    monitor = asyncio.run(main())
    state = MonitorView(monitor).rows()

    assert monitor.elapsed == monitor.runtime.report.elapsed
    assert state["header"].endswith("100 done, 0 failed")
    assert state["decisions"][-1][0] == "0 s"


def test_a_flow_on_an_event_loop_that_is_closed_says_how_to_stop_it():
    async def same(item):
        return item

    async def main():
        return ScalingMonitor(Flow().add(same))

    monitor, told = asyncio.run(main()), []
    monitor.listeners.add(lambda: told.append(monitor.message))
    monitor.stop()

    assert told == ["this flow runs on another event loop: await flow.stop() there"]
    assert MonitorView(monitor).state()["message"] == told[0]


def test_a_command_that_a_monitor_does_not_know_changes_nothing():
    pipeline = make_pipeline()
    MonitorView(ScalingMonitor(pipeline)).handle({"do": "dance"})

    assert pipeline.report is None


def test_a_log_has_a_line_every_ten_seconds_and_one_at_the_end():
    out = io.StringIO()
    seconds = (100, 103, 109.9, 110.1, 119, 121)
    runtime = Scripted(at(0, 0, "not started"), *(at(second, 1) for second in seconds), at(122, 2, "finished"))
    monitor = ScalingMonitor(runtime)
    monitor.listeners.add(ProgressLine(monitor, out))
    while monitor.latest.state != "finished":
        monitor.sample()

    assert [line.partition(",")[0] for line in out.getvalue().splitlines()] == [
        "flow: Running 0.4 s", "flow: Running 10 s", "flow: Running 21 s", "flow: Finished 22 s",
    ]  # fmt: skip


def test_the_latest_sample_is_a_frame():
    frame = ScalingMonitor(Scripted(at(1, 4, running=3, blocked=1, waiting=7))).frame()

    assert frame.to_dict("records")[0] | {"busy_seconds": 0.0} == {
        "name": "fetch", "waiting": 7, "capacity": 10, "running": 3, "idle": 1, "blocked": 1, "workers": 5, "done": 4,
        "failed": 0, "busy_seconds": 0.0,
    }  # fmt: skip


def test_a_row_shows_workers_that_wait_for_a_lock_apart():
    monitor = ScalingMonitor(Scripted(at(1, 4, running=1, locked=4)))
    monitor.sample()
    (row,) = MonitorView(monitor).rows()["rows"]
    assert row["workers"] == {"working": 1, "waiting for a lock": 4}
    assert "1 working, 4 waiting for a lock; 1 to 5 workers" in monitor_html(MonitorView(monitor).rows(), inline)


def ended(done, seconds, **nodes):
    """A monitor of a flow that has ended, as if it had been watched."""
    monitor = ScalingMonitor(Scripted(Snapshot("flow", "finished", 0.0, nodes)))
    monitor.runtime.report = SimpleNamespace(
        elapsed=seconds,
        failures=(),
        scalings=(),
        counts=SimpleNamespace(ended=done, done=done, failed=0),
        jobs={"fetch": JOB},
    )
    return monitor


JOB = SimpleNamespace(busy_seconds=1.0, locked_seconds=0.5, blocked_seconds=0.0, idle_seconds=0.5)


def test_after_the_end_a_row_shows_how_the_workers_spent_their_time():
    node = node_snapshot("fetch", workers=0, max_workers=5, capacity=10, done=500)
    html = MonitorView(ended(500, 2.0, fetch=node)).state()["html"]

    assert "time: 50 % working, 25 % waiting for a lock, 25 % idle" in html
    assert ">250</td>" in html  # per second, on average


def test_a_run_that_was_over_between_two_samples_has_a_chart_all_the_same():
    node = node_snapshot("fetch", max_workers=5, capacity=10, done=500)
    (row,) = MonitorView(ended(500, 0.05, fetch=node)).rows()["rows"]

    assert row["rates"] == [10_000.0]


def test_jobs_of_a_sub_flow_stand_below_their_stage():
    nodes = {name: node_snapshot(name, capacity=10) for name in ("read", "sub.fast", "sub.deep.slow", "store")}
    html = MonitorView(ScalingMonitor(Scripted(Snapshot("flow", "running", 0.0, nodes)))).state()["html"]
    rows = re.findall(r"padding-left:(\d+)px[^>]*>([^<]+)</th>", html)

    assert rows == [("0", "read"), ("0", "sub"), ("16", "fast"), ("16", "deep"), ("32", "slow"), ("0", "store")]


def test_a_pipeline_shows_what_a_processor_does_instead_of_a_bar_that_is_always_one():
    nodes = {
        "a": node_snapshot("a", running=1, busy_seconds=1.5),
        "b": node_snapshot("b", waiting=3),
        "c": node_snapshot("c.with.dots"),
    }
    html = MonitorView(ScalingMonitor(Scripted(Snapshot("pipeline", "running", 0.0, nodes)))).state()["html"]

    assert "▶ working" in html
    assert "… waiting" in html
    assert ">c.with.dots</th>" in html
    assert ">1.50</td>" in html
    assert "workers" not in html


def test_a_pipeline_tells_how_far_it_is_and_how_long_it_will_take():
    def at_second(second, done):
        node = node_snapshot("a", done=done, waiting=400 - done)
        return Snapshot("pipeline", "running", float(second), {"a": node})

    monitor = ScalingMonitor(Scripted(at_second(0, 0), at_second(1, 100), at_second(2, 200)))
    monitor.sample()
    monitor.sample()

    assert MonitorView(monitor).header() == "Running 1.4 s, 100 done/s, 0 failed, 50 % of what is known, about 2 s left"
