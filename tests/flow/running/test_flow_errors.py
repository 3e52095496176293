"""How items end, and what becomes of errors."""

from __future__ import annotations

import asyncio
import logging

import pytest
from flow_samples import same

from framework.errors import LifecycleError
from framework.flow import (
    FixedCapacity,
    Flow,
    RouteToErrorQueue,
    StopProcessing,
    current_failure,
)
from virtual_time import play, settle

pytestmark = [pytest.mark.timeout(30)]


def raising(*errors):
    """A processor that raises the error of that number, where there is one."""

    async def process(item):
        if item < len(errors) and errors[item] is not None:
            raise errors[item]
        return item

    return process


def run(flow, items):
    return play(flow.run(items))


def test_every_outcome_is_counted_once():
    flow = Flow().add(raising(None, StopProcessing(), RouteToErrorQueue("away"), ValueError("bad"))).add(same)
    report = run(flow.error(same), range(6))
    assert report.counts == {"taken": 6, "done": 3, "skipped": 1, "rerouted": 1, "failed": 1, "dropped": 0}


@pytest.mark.parametrize(
    "error", [ValueError("x"), asyncio.CancelledError(), SystemExit(2), TimeoutError(), BaseException()]
)
def test_whatever_a_processor_raises_is_the_failure_of_its_item_only(error):
    report = run(Flow(capacity=FixedCapacity(1)).add(raising(error)), range(5))
    assert (report.counts["failed"], report.counts["done"]) == (1, 4)
    (failure,) = report.failures
    assert failure.exception is error
    assert (failure.processor, failure.event) == ("process", 0)


def test_without_an_error_job_a_failure_is_kept_and_logged(caplog):
    with caplog.at_level(logging.ERROR, logger="framework.flow"):
        report = run(Flow().add(raising(ValueError("bad")), name="parse"), [0])
    assert report.failures[0].summary == "parse raised ValueError: bad on 0"
    assert "parse raised ValueError: bad on 0" in caplog.text
    assert "Traceback" in caplog.text


def test_without_an_error_job_a_rerouted_item_is_kept_and_logged_too(caplog):
    report = run(Flow().add(raising(RouteToErrorQueue("away"))), [0])
    assert report.counts["rerouted"] == 1
    assert report.failures[0].summary == "process raised RouteToErrorQueue: away on 0"
    assert "away" in caplog.text


def test_the_error_job_gets_the_item_and_may_ask_why():
    seen = []

    async def handle(item):
        failure = current_failure()
        seen.append((item, failure.processor, type(failure.exception).__name__, str(failure.exception)))

    flow = Flow(capacity=FixedCapacity(1)).add(raising(None, ValueError("bad")), name="first")
    flow.add(raising(RouteToErrorQueue("away")), name="second").error(handle)
    run(flow, [0, 1])
    assert sorted(seen) == [(0, "second", "RouteToErrorQueue", "away"), (1, "first", "ValueError", "bad")]


def test_asking_for_a_failure_elsewhere_is_refused():
    with pytest.raises(LifecycleError, match="error job"):
        current_failure()


def test_an_item_that_the_error_job_fails_on_is_failed():
    flow = Flow().add(raising(RouteToErrorQueue(), ValueError())).error(raising(KeyError("again"), KeyError("again")))
    report = run(flow, range(3))
    assert report.counts == {"taken": 3, "done": 1, "skipped": 0, "rerouted": 0, "failed": 2, "dropped": 0}


def test_an_error_job_cannot_route_errors_further():
    flow = Flow().add(raising(RouteToErrorQueue())).error(raising(RouteToErrorQueue()))
    assert run(flow, [0]).counts["failed"] == 1


def test_an_error_job_may_skip_what_it_got():
    flow = Flow().add(raising(RouteToErrorQueue())).error(raising(StopProcessing()))
    assert run(flow, [0]).counts["rerouted"] == 1


def test_an_item_that_stop_keeps_from_the_error_job_is_dropped_when_rerouted_and_failed_when_failed():
    async def slow(item):
        await asyncio.sleep(1000)

    async def main():
        flow = Flow().add(raising(RouteToErrorQueue(), ValueError(), RouteToErrorQueue())).error(slow, FixedCapacity(1))
        await flow.start()
        for item in range(3):
            await flow.put(item)
        await asyncio.sleep(1)
        await flow.stop()
        counts = {"taken": 3, "done": 0, "skipped": 0, "rerouted": 0, "failed": 1, "dropped": 2}
        assert flow.report.counts == counts

    play(main())


def test_a_failure_can_be_repeated():
    attempts = []

    async def flaky(item):
        attempts.append(item)
        if len(attempts) == 1:
            raise ValueError
        return "fine"

    async def main():
        report = await Flow().add(flaky).run([5])
        assert await report.failures[0].rerun() == "fine"

    play(main())
    assert attempts == [5, 5]


def test_only_the_first_thousand_failures_are_kept():
    async def fails(item):
        raise ValueError(item)

    flow = Flow().add(fails).error(same)
    report = run(flow, range(1500))
    assert report.counts["failed"] == 1500
    assert len(report.failures) == 1000


def test_a_source_that_raises_ends_the_run_with_that_very_exception():
    error = OSError("gone")

    def broken():
        yield 1
        raise error

    async def main():
        flow = Flow().add(same)
        with pytest.raises(OSError, match="gone") as caught:
            await flow.run(broken())
        assert caught.value is error
        assert flow.report.ended == "failed"
        assert flow.report.counts["taken"] == flow.report.counts.ended == 1

    play(main())


@pytest.mark.parametrize("source", [5, lambda: 5, lambda: None])
def test_a_source_that_is_none_is_refused(source):
    async def main():
        flow = Flow().add(same)
        with pytest.raises(TypeError, match="iterable"):
            await flow.run(source)
        assert not flow.running

    play(main())


def test_a_generator_source_is_closed_when_the_flow_ends_before_it():
    closed = []

    async def endless():
        try:
            while True:
                yield 1
        finally:
            closed.append(True)

    async def main():
        flow = Flow().add(same)
        running = asyncio.create_task(flow.run(endless()))
        await settle()
        await flow.stop()
        await running

    play(main())
    assert closed == [True]


def test_counts_are_a_mapping_of_the_names_of_outcomes():
    counts = run(Flow().add(same), range(2)).counts
    assert list(counts) == ["taken", "done", "skipped", "rerouted", "failed", "dropped"]
    assert counts.get("lost") is None
    with pytest.raises(KeyError, match="lost"):
        counts["lost"]


def test_a_flow_with_limits_as_the_error_job_can_ask_what_failed():
    asked = []

    async def fails(item):
        raise KeyError(item)

    async def ask(item):
        failure = current_failure()
        asked.append((failure.processor, failure.event, type(failure.exception)))

    inner = Flow(name="errors").add(same).add(ask)
    report = play(Flow().add(fails).error(inner, timeout=5).run([1, 2]))
    assert sorted(asked) == [("fails", 1, KeyError), ("fails", 2, KeyError)]
    assert report.counts["failed"] == 2
