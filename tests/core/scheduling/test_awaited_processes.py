"""`async def process`: awaited on one loop, with the mailbox kept and no worker held."""

import asyncio
import threading
import time

import pytest
from samples import processor as sample

from framework.core import AbstractProcessor, Event, Pipeline, processor, retry
from framework.errors import RunFailed, UnsafeSubmit

modes = pytest.mark.parametrize("options", [{}, {"seed": 3}, {"history": True}], ids=["threads", "seed", "history"])


class Fetch(AbstractProcessor):
    def __init__(self, name="Fetch"):
        super().__init__(name)
        self.seen = []
        self.threads = set()

    async def process(self, context, event):
        match event:
            case Event(name="fetch", n=n):
                self.seen.append(("begin", n))
                self.threads.add(threading.current_thread().name)
                await asyncio.sleep(0.001)
                self.seen.append(("end", n))
                context.submit(Event("fetched", n=n))


@modes
def test_a_coroutine_is_awaited_one_event_at_a_time_in_order(options):
    fetch = Fetch()
    pipeline = Pipeline([fetch], strict_interest_inference=True, **options)
    fetched = pipeline.collect("fetched")
    pipeline.submit_all([Event("fetch", n=n) for n in range(20)])
    report = pipeline.run()
    assert fetch.seen == [(what, n) for n in range(20) for what in ("begin", "end")]
    assert [event.n for event in fetched] == list(range(20))
    assert report.delivered == {"Fetch": 20}
    assert len(fetch.threads) == 1


def test_awaiting_processors_hold_no_worker_and_wait_side_by_side():
    started = threading.Event()
    together = asyncio.Event()
    under_way = []

    class Meet(AbstractProcessor):
        async def process(self, context, event):
            match event:
                case Event(name="go"):
                    under_way.append(self.name)
                    if len(under_way) == 50:
                        together.set()
                    await together.wait()

    pipeline = Pipeline([Meet(f"m{n}") for n in range(50)], max_workers=1)
    pipeline.submit(Event("go"))
    pipeline.run()
    assert len(under_way) == 50
    assert not started.is_set()


@modes
def test_a_failure_loses_only_its_own_event_and_can_be_run_again(options):
    @processor
    async def half(context, event):
        match event:
            case Event(name="half", n=n):
                await asyncio.sleep(0)
                context.submit(Event("done", value=1 / n))

    pipeline = Pipeline([half], strict_interest_inference=True, **options)
    done = pipeline.collect("done")
    pipeline.submit_all([Event("half", n=n) for n in (1, 0, 2)])
    with pytest.raises(RunFailed) as failed:
        pipeline.run()
    assert [event.value for event in done] == [1, 0.5]
    (failure,) = failed.value.failures
    with pytest.raises(ZeroDivisionError):
        failure.rerun()


@modes
def test_a_hold_of_a_coroutine_keeps_the_phase_open(options):
    def later(hold):
        with hold:
            hold.submit(Event("late"))

    @processor
    async def hold(context, event):
        match event:
            case Event(name="go"):
                threading.Thread(target=later, args=(context.hold(),)).start()

    pipeline = Pipeline([hold], strict_interest_inference=True, **options)
    late = pipeline.collect("late")
    pipeline.submit(Event("go"))
    assert (len(pipeline.run().phases), len(late)) == (1, 1)


def test_a_context_that_a_task_keeps_is_refused_after_the_delivery():
    refused = []

    @processor
    async def keep(context, event):
        async def late():
            await asyncio.sleep(0.01)
            try:
                context.submit(Event("late"))
            except UnsafeSubmit as error:
                refused.append(error)

        match event:
            case Event(name="go"):
                keep.task = asyncio.create_task(late())
            case Event(name="wait"):
                await keep.task

    pipeline = Pipeline([keep], strict_interest_inference=True)
    pipeline.submit_all([Event("go"), Event("wait")])
    pipeline.run()
    assert len(refused) == 1


def test_single_deliveries_await():
    fetch = Fetch()
    pipeline = Pipeline([fetch], strict_interest_inference=True)
    pipeline.submit_all([Event("fetch", n=1), Event("fetch", n=2)])
    assert pipeline.deliver().event.n == 1
    assert fetch.seen == [("begin", 1), ("end", 1)]
    pipeline.finish()
    assert len(fetch.seen) == 4


def test_a_stop_cancels_what_outlasts_the_grace_and_runs_the_hooks():
    begun, cancelled, hooks = threading.Event(), threading.Event(), []

    @processor
    async def stuck(context, event):
        match event:
            case Event(name="go"):
                begun.set()
                try:
                    await asyncio.sleep(60)
                except asyncio.CancelledError:
                    cancelled.set()
                    raise

    pipeline = Pipeline([stuck, sample(lambda *_: hooks.append("hook"), "__POISON__")], grace=1)
    pipeline.submit(Event("go"))
    run = pipeline.start()
    assert begun.wait(20)
    assert "stuck" in str(pipeline.why_waiting())
    run.stop()
    report = run.wait(20)
    assert cancelled.wait(20)
    assert (report.interrupted, report.failures, hooks) == (True, (), ["hook"])


@modes
def test_the_history_knows_how_long_a_coroutine_took(options):
    pipeline = Pipeline([Fetch()], strict_interest_inference=True, **{**options, "history": True})
    pipeline.submit(Event("fetch", n=1))
    pipeline.run()
    (row,) = pipeline.history.deliveries("Fetch")
    assert (row.emitted, row.seconds >= 0.001) == (1, True)


def test_retry_awaits_again():
    attempts = []

    class Flaky(AbstractProcessor):
        @retry(3)
        async def process(self, context, event):
            match event:
                case Event(name="go"):
                    attempts.append(1)
                    context.submit(Event("done"))
                    if len(attempts) < 3:
                        raise ConnectionError

    pipeline = Pipeline([Flaky()], strict_interest_inference=True)
    done = pipeline.collect("done")
    pipeline.submit(Event("go"))
    pipeline.run()
    assert (len(attempts), len(done)) == (3, 1)


def test_an_accepted_event_is_never_lost_beside_coroutines():
    for _ in range(20):
        fetch = Fetch()
        pipeline = Pipeline([fetch], strict_interest_inference=True)
        pipeline.submit_all([Event("fetch", n=n) for n in range(5)])
        began = time.monotonic()
        pipeline.run()
        assert (len(fetch.seen), time.monotonic() - began < 20) == (10, True)
