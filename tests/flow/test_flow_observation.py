"""`graph`, `snapshot` and `observe`: the same three questions as a pipeline answers."""

from __future__ import annotations

import asyncio

import pytest

from framework.flow import FixedCapacity, Flow, RouteToErrorQueue, StopProcessing, UtilizationCapacity
from framework.observe import (
    Edge,
    ItemFinished,
    Observable,
    Recorder,
    RunFinished,
    WorkersScaled,
)
from virtual_time import play, settle

pytestmark = pytest.mark.timeout(30)


async def first(item):
    return item


async def second(item):
    if item == 1:
        raise StopProcessing
    if item == 2:
        raise RouteToErrorQueue
    if item == 3:
        raise ValueError
    return item


async def handle(item):
    return item


def test_the_graph_shows_jobs_in_order_and_the_error_job():
    flow = Flow(capacity=FixedCapacity(2, 7)).add(first, rate=5).add(second, batch=3).error(handle)
    graph = flow.graph()
    assert [(node.key, node.kind) for node in graph.nodes] == [("first", "job"), ("second", "job"), ("handle", "job")]
    assert graph.edges == (
        Edge("first", "second", "next"),
        Edge("first", "handle", "errors"),
        Edge("second", "handle", "errors"),
    )
    assert graph.node("first").details == {"workers": "2..2", "queue": 7, "rate": 5}
    assert graph.node("second").details == {"workers": "2..2", "queue": 7, "batch": 3}
    assert "first" in graph.mermaid()


def test_edges_that_carried_something_are_observed():
    flow = Flow().add(first).add(second).error(handle)
    play(flow.run(range(5)))
    assert [(edge.source, edge.target, edge.observed) for edge in flow.graph().edges] == [
        ("first", "second", True),
        ("first", "handle", False),
        ("second", "handle", True),
    ]


def test_snapshots_of_the_whole_life():
    async def main():
        flow = Flow(capacity=FixedCapacity(2, 3)).add(first).add(second)
        assert flow.snapshot().state == "not started"
        assert flow.snapshot().nodes["first"].workers == 0
        await flow.start()
        assert flow.snapshot().state == "running"
        assert flow.snapshot().nodes["first"].idle == 2
        await flow.run(range(10))
        shown = flow.snapshot()
        assert shown.state == "finished"
        assert shown.nodes["second"].done == 10
        assert shown.nodes["second"].failed == 1
        assert (shown.waiting, shown.failed) == (0, 1)

    play(main())


def test_a_snapshot_tells_running_blocked_idle_and_waiting_apart():
    async def main():
        async def hang(item):
            await asyncio.sleep(1000)

        flow = Flow().add(first, FixedCapacity(3, 2), "first").add(hang, FixedCapacity(2, 1), "hang")
        await flow.start()
        for item in range(8):
            await flow.put(item)
        await asyncio.sleep(10)
        nodes = flow.snapshot().nodes
        assert (nodes["hang"].running, nodes["hang"].blocked, nodes["hang"].waiting) == (2, 0, 1)
        assert (nodes["first"].running, nodes["first"].blocked, nodes["first"].waiting) == (0, 3, 2)
        assert nodes["hang"].busy_seconds == pytest.approx(20)
        assert nodes["first"].busy_seconds == pytest.approx(0)
        assert nodes["first"].capacity == 2
        await flow.stop()

    play(main())


def test_every_item_that_leaves_a_job_is_told():
    happenings = []
    flow = Flow(capacity=FixedCapacity(1)).add(first).add(second).error(handle)
    flow.observe(happenings.append)
    report = play(flow.run(range(5)))
    items = [(h.job, h.item, h.outcome) for h in happenings if isinstance(h, ItemFinished)]
    assert sorted(items) == sorted(
        [("first", item, "done") for item in range(5)]
        + [
            ("second", 0, "done"),
            ("second", 1, "skipped"),
            ("second", 2, "rerouted"),
            ("second", 3, "failed"),
            ("second", 4, "done"),
            ("handle", 2, "done"),
            ("handle", 3, "done"),
        ]
    )
    assert isinstance(happenings[-1], RunFinished)
    assert happenings[-1].report is report


def test_the_time_an_item_took_is_told():
    async def slow(item):
        await asyncio.sleep(2.5)

    happenings = []
    flow = Flow().add(slow)
    flow.observe(happenings.append)
    play(flow.run([1]))
    assert happenings[0].elapsed == pytest.approx(2.5)
    assert happenings[0].at == pytest.approx(2.5)


def test_dropped_items_are_told():
    async def main():
        happenings = []
        flow = Flow(capacity=FixedCapacity(1, 5)).add(first).add(_hang)
        flow.observe(happenings.append)
        await flow.start()
        for item in range(3):
            await flow.put(item)
        await settle()
        await flow.stop()
        dropped = [(h.job, h.item) for h in happenings if isinstance(h, ItemFinished) and h.outcome == "dropped"]
        assert sorted(dropped) == [("_hang", 0), ("_hang", 1), ("_hang", 2)]

    play(main())


async def _hang(item):
    await asyncio.sleep(1e6)


def test_scaling_is_told_with_its_reason(clock):
    async def main():
        happenings = []
        flow = Flow(clock=clock).add(_hang, UtilizationCapacity(queue_length=20))
        flow.observe(happenings.append)
        await flow.start()
        for item in range(10):
            await flow.put(item)
        await clock.advance(15)
        assert happenings == [WorkersScaled("_hang", 3, 5, "3->5: 1.00 > 0.70 for 10 s", 15)]
        await flow.stop()

    play(main())


def test_an_observer_that_fails_is_dropped_and_the_run_goes_on(caplog):
    def broken(happening):
        raise ZeroDivisionError

    flow = Flow().add(first)
    flow.observe(broken)
    assert play(flow.run(range(5))).counts["done"] == 5
    assert caplog.text.count("is called no more") == 1


def test_a_closed_subscription_is_told_nothing_more():
    happenings = []
    flow = Flow().add(first)
    with flow.observe(happenings.append):
        play(flow.run([1]))
    told = len(happenings)
    play(flow.run([1]))
    assert len(happenings) == told > 0


def test_a_recorder_records_a_flow():
    recorder = Recorder()
    flow = Flow().add(first)
    flow.observe(recorder)
    play(flow.run([41]))
    assert recorder.records[0].text == "41"


def test_a_flow_is_observable_as_a_pipeline_is():
    observable: Observable = Flow().add(first)
    assert observable.graph().name == "flow"
    assert observable.snapshot().nodes.keys() == {"first"}


def test_the_report_tells_what_each_job_did():
    report = play(Flow().add(first).add(second).error(handle).run(range(5)))
    assert list(report.jobs) == ["first", "second", "handle"]
    assert report.jobs["second"].counts == {
        "taken": 5, "done": 2, "skipped": 1, "rerouted": 1, "failed": 1, "dropped": 0,
    }  # fmt: skip
    assert report.jobs["handle"].counts["done"] == 2
    assert report.failures[0].processor == "second"


def test_a_report_so_far_can_be_read_while_it_runs():
    async def main():
        flow = Flow().add(_hang)
        assert flow.report is None
        await flow.start()
        await flow.put(1)
        assert flow.report.ended == "running"
        assert flow.report.counts["taken"] == 1
        await flow.stop()
        assert flow.report.ended == "stopped"

    play(main())
