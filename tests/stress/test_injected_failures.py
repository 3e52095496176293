"""Failures are injected by the thousand: each is reported with its input, and everything else is processed."""

import logging

import pytest
from fragile import Failing, Fragile, Items, Numbers, Sink

from framework.core import Event, Pipeline
from framework.errors import RunFailed
from framework.flow import Flow, UtilizationCapacity
from framework.reactive import ReactiveEvent
from virtual_time import play


@pytest.fixture(autouse=True)
def quiet(caplog):
    """pytest would keep the traceback of every failure that is logged."""
    caplog.set_level(logging.CRITICAL, "framework")


@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.parametrize("workers", [1, 5])
def test_every_injected_failure_is_reported_and_all_else_is_processed(size, figure, workers, watched):
    failing, sink = [Failing(number) for number in range(4)], Sink(Event, "sent")
    pipeline = Pipeline([*failing, sink], max_workers=workers)
    if watched:
        pipeline.observe(lambda _: None)
    events = [Event("n", n=n) for n in range(size(300, 3000))]
    for event in events:
        pipeline.submit(event)
    with pytest.raises(RunFailed) as raised:
        pipeline.run()
    failures = raised.value.failures
    assert pipeline.report.delivered == dict.fromkeys((one.name for one in failing), len(events)) | {
        sink.name: sink.got["sent"]
    }
    assert sink.got["sent"] == sum(one.sent for one in failing)
    for one in failing:
        reported = {failure.event.n: failure for failure in failures if failure.processor == one.name}
        assert {n: failure.exception for n, failure in reported.items()} == one.raised
        assert all(failure.event is events[n] for n, failure in reported.items())
    injected = sum(len(one.raised) for one in failing)
    assert len(failures) == injected
    figure("failures injected", injected)
    figure("failures reported", len(failures))
    figure("deliveries", sum(pipeline.report.delivered.values()))


@pytest.mark.parametrize("persist", [False, True])
def test_every_failed_build_is_reported_and_can_be_made_up_for(size, figure, tmp_path, persist):
    count, runs, injected, reported = size(200, 2000), size(2, 5), 0, 0
    for seed in range(runs):
        first, second = Fragile("a", "n", 1 / 3, seed, persist), Fragile("b", "a", 1 / 3, seed, persist)
        sinks = [Sink(ReactiveEvent, "built", one.provides) for one in (first, second)]
        workspace = tmp_path / str(seed) if persist else None
        pipeline = Pipeline([Numbers(count), first, second, *sinks], on_error="keep", workspace=workspace)
        pipeline.resolve("b")
        failures = pipeline.run().failures
        for one, inputs, sink in zip((first, second), (range(count), first.announced), sinks, strict=True):
            assert [input_of(failure) for failure in failures if failure.processor == one.name] == one.failed
            assert list(sink.got) == one.announced
            assert sorted({*one.announced, *one.failed}) == list(inputs)
        mended = [Fragile(one.provides, *one.requires, 0, seed, persist) for one in (first, second)]
        renewed = pipeline.renew(*mended)
        assert failures.retry(renewed) == len(failures)
        assert not renewed.run().failures
        assert [list(renewed[sink.name].got) for sink in sinks] == [first.failed, second.failed]
        injected += len(first.failed) + len(second.failed)
        reported += len(failures)
    figure("failures injected", injected)
    figure("failures reported", reported)


def input_of(failure):
    """The artifact that a build failed on, which came with its event or waited for its turn."""
    return failure.event.artifact if isinstance(failure.event, ReactiveEvent) else failure.event.inputs[0]


@pytest.mark.parametrize("handled", [False, True], ids=["kept", "handled by an error job"])
def test_every_failed_item_is_reported_after_all_its_attempts(size, figure, handled):
    count, attempts, injected, attempted = 1500, 3, 0, 0
    for seed in range(size(1, 20)):
        items = Items(seed, count)
        capacity = UtilizationCapacity(1, 1, 8, cooldown=0.01, sampling=0.01, dampening=0.01)
        flow = Flow(capacity=capacity).add(items.process, name="fragile", retry=attempts).add(items.keep)
        if handled:
            flow.error(items.handle, name="errors")
        report = play(flow.run(range(count)))
        failing = {item for item, failed in enumerate(items.failures) if failed >= attempts}
        assert items.attempts == [min(failed + 1, attempts) for failed in items.failures]
        assert sorted(items.kept) == sorted(set(range(count)) - failing)
        kept = {failure.event: failure.exception for failure in report.failures if failure.processor == "fragile"}
        assert kept == {item: items.raised[item] for item in failing}
        assert items.handled == (kept if handled else {})
        assert report.counts["failed"] == len(failing)
        assert report.counts["done"] == count - len(failing)
        attempted += sum(items.attempts) - len(items.kept)
        injected += len(failing)
    figure("attempts that failed", attempted)
    figure("items that failed", injected)
