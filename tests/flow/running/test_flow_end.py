"""What resources see at the end of a flow, and what the end waits for."""

from __future__ import annotations

import asyncio
import gc
import sqlite3
from contextlib import asynccontextmanager, closing

import pytest
from flow_samples import pause, same

from framework.errors import FlowEnded
from framework.flow import FixedCapacity, Flow, LastWorkItem, UtilizationCapacity
from virtual_time import play, settle

pytestmark = pytest.mark.timeout(60)


class Resource:
    """Notes how it was left; its body and its release take some seconds."""

    def __init__(self, log, body=0.0, release=0.0):
        self.log, self.body, self.release = log, body, release

    async def __aenter__(self):
        return self

    async def __call__(self, item):
        await asyncio.sleep(self.body)
        return item

    async def __aexit__(self, kind, error, trace):
        try:
            await asyncio.sleep(self.release)
        except asyncio.CancelledError:
            self.log.append("cut off")
            raise
        self.log.append(kind)


def resources(flow, own, shared, **seconds):
    flow.add_job_with_factory(lambda: Resource(own, **seconds), FixedCapacity(2), name="own")
    return flow.add_job_with_factory(Resource(shared, **seconds), FixedCapacity(1), name="shared")


@pytest.mark.parametrize("items", [range(10), [1, LastWorkItem(), 2], []], ids=["finished", "last", "empty"])
def test_a_flow_that_ends_normally_leaves_its_resources_cleanly_and_waits_for_them(items):
    own, shared = [], []
    report = play(resources(Flow(), own, shared, body=1, release=100).run(items))
    assert own == [None, None]
    assert shared == [None]
    assert report.cut_off == report.problems == ()


def test_what_stands_after_a_yield_runs_when_the_flow_is_finished(tmp_path):
    path = tmp_path / "rows.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table rows (n)")

    @asynccontextmanager
    async def writer():
        database = sqlite3.connect(path)

        async def insert(n):
            database.execute("insert into rows values (?)", (n,))

        yield insert
        database.commit()
        database.close()

    report = play(Flow().add_job_with_factory(writer, FixedCapacity(1)).run(range(10)))
    assert (report.ended, report.counts["done"]) == ("finished", 10)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("select count(*) from rows").fetchone() == (10,)


def test_a_retired_worker_leaves_its_resource_cleanly_and_the_end_waits_for_it():
    log = []

    async def main():
        capacity = UtilizationCapacity(3, 1, 3, cooldown=1, sampling=1, dampening=1)
        flow = Flow().add_job_with_factory(lambda: Resource(log, release=50), capacity)
        await flow.start()
        await asyncio.sleep(10)
        await flow.run([1])

    play(main())
    assert log == [None] * 3


@pytest.mark.parametrize("ending", ["stop", "cancel", "strategy"])
def test_a_flow_that_is_ended_leaves_its_resources_with_the_exception(ending):
    class Breaks:
        def decide(self, snapshot, capacity, state, now):
            raise ZeroDivisionError

    own, shared = [], []

    async def main():
        flow = resources(Flow(Breaks() if ending == "strategy" else Flow()._strategy), own, shared, body=100)
        flow.add(same, UtilizationCapacity())
        running = asyncio.create_task(flow.run(range(3)))
        await asyncio.sleep(1)
        if ending == "stop":
            await flow.stop()
        elif ending == "cancel":
            running.cancel()
        await asyncio.wait({running})
        return flow.report

    report = play(main())
    assert own == [asyncio.CancelledError] * 2
    assert shared == [ZeroDivisionError if ending == "strategy" else asyncio.CancelledError]
    assert report.counts["dropped"] == 3


def test_a_release_that_hangs_is_cut_off_after_the_grace_and_reported():
    own, shared = [], []

    async def main():
        flow = resources(Flow(name="f", grace=7), own, shared, release=1e6)
        await flow.start()
        began = asyncio.get_running_loop().time()
        await flow.stop()
        assert 7 <= asyncio.get_running_loop().time() - began < 8
        return flow.report

    report = play(main())
    assert (own, shared) == (["cut off"] * 2, ["cut off"])
    assert report.cut_off == ("f/own", "f/own", "f/resources")


def test_a_stop_cuts_a_clean_end_short_and_the_report_says_so():
    log = []

    async def main():
        flow = Flow().add_job_with_factory(lambda: Resource(log, release=1e6), FixedCapacity(1))
        running = asyncio.create_task(flow.run([1]))
        await asyncio.sleep(100)
        assert not running.done()
        await flow.stop(grace=1)
        return await running

    report = play(main())
    assert (report.ended, report.counts["done"], log) == ("stopped", 1, ["cut off"])


def test_a_stop_while_shared_resources_are_left_after_a_clean_end_changes_nothing_for_the_others():
    left = []

    async def main():
        flow = Flow()
        for _ in range(2):
            flow.add_job_with_factory(Resource(left, release=1), FixedCapacity(1))
        running = asyncio.create_task(flow.run([1]))
        await asyncio.sleep(0.5)
        await flow.stop()
        return await running

    report = play(main())
    assert (report.ended, report.counts["done"], report.cut_off, left) == ("stopped", 1, (), [None, None])


def test_what_a_source_gave_before_it_failed_is_finished_and_its_error_is_raised():
    own, shared, error = [], [], ConnectionError("page 2")

    async def pages():
        for page in range(4):
            yield page
        raise error

    async def main():
        flow = resources(Flow(), own, shared, body=1)
        with pytest.raises(ConnectionError) as caught:
            await flow.run(pages)
        assert caught.value is error
        return flow.report

    report = play(main())
    assert (report.ended, report.error) == ("failed", error)
    assert (report.counts["done"], report.counts["dropped"]) == (4, 0)
    assert (own, shared) == ([None, None], [None])


def test_what_a_source_gave_before_it_failed_is_dropped_if_asked_for():
    own, shared = [], []

    def pages():
        yield 1
        raise ConnectionError

    async def main():
        flow = resources(Flow(), own, shared, body=1)
        with pytest.raises(ConnectionError):
            await flow.run(pages, on_source_error="drop")
        return flow.report

    report = play(main())
    assert (report.counts["done"], report.counts["dropped"]) == (0, 1)
    assert report.reasons == {"the flow failed (ConnectionError)": 1}
    assert (own, shared) == ([asyncio.CancelledError] * 2, [ConnectionError])


def test_a_connection_that_hangs_while_scaling_up_does_not_keep_the_flow_from_ending():
    opened = []

    class Hangs(Resource):
        async def __aenter__(self):
            opened.append(1)
            if len(opened) > 1:
                await asyncio.Event().wait()
            return self

    capacity = UtilizationCapacity(1, 1, 3, cooldown=1, sampling=1, dampening=1)
    report = play(Flow().add_job_with_factory(lambda: Hangs([], body=1), capacity).run(range(10)))
    assert (report.ended, report.counts["done"]) == ("finished", 10)
    assert len(opened) > 1


def test_a_cancellation_that_a_library_swallowed_does_not_count_against_later_items():
    async def work(item):
        if item == "times out":
            asyncio.current_task().cancel()
            try:
                await asyncio.sleep(1)
            except asyncio.CancelledError:
                return item
        if item == "cancelled":
            raise asyncio.CancelledError
        return item

    report = play(Flow(capacity=FixedCapacity(1)).add(work).run(["times out", "cancelled", 1, 2]))
    assert (report.counts["done"], report.counts["failed"], report.counts["dropped"]) == (3, 1, 0)
    assert report.problems == ()


@pytest.mark.parametrize("is_stopped", [False, True])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_flow_whose_loop_was_closed_says_so_and_can_be_used_again(is_stopped, caplog):
    flow = Flow().add(pause)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(flow.start())
    loop.run_until_complete(flow.put(1))
    loop.close()
    if is_stopped:
        asyncio.run(flow.stop())
        assert flow.report.reasons == {"its event loop was closed": 1}
    assert play(flow.run([1, 2])).counts["done"] == 2
    assert "the event loop of flow was closed while it ran" in caplog.text
    caplog.clear()
    gc.collect()


def test_a_context_manager_made_by_contextlib_serves_every_run():
    entered = []

    @asynccontextmanager
    async def client():
        entered.append(1)
        yield same

    async def main():
        flow = Flow().add_job_with_factory(client())
        for _ in range(3):
            assert (await flow.run([1])).counts["done"] == 1

    play(main())
    assert len(entered) == 3


def test_a_context_manager_that_serves_once_says_so_the_second_time():
    class Once(Resource):
        used = False

        async def __aenter__(self):
            if self.used:
                raise RuntimeError("session is closed")
            self.used = True
            return self

    async def main():
        flow = Flow().add_job_with_factory(Once([]))
        await flow.run([1])
        with pytest.raises(RuntimeError, match="session is closed") as caught:
            await flow.run([1])
        assert "pass a function that makes a new one" in str(caught.value.__notes__)

    play(main())


def test_the_sequence_of_a_run_is_logged(caplog):
    caplog.set_level("INFO", "framework.flow")
    play(Flow(name="imports").add(same, FixedCapacity(2, 7)).run(range(3)))
    assert [record.message for record in caplog.records] == [
        "imports starts with 1 jobs",
        "imports: job same, 2 of 2..2 workers, a queue of 7",
        "imports reads range(0, 3)",
        "imports ended (finished): {'taken': 3, 'done': 3, 'skipped': 0, 'rerouted': 0, 'failed': 0, 'dropped': 0}",
    ]


def test_a_waiting_put_that_is_refused_names_the_cause():
    class Breaks:
        def decide(self, snapshot, capacity, state, now):
            raise ZeroDivisionError("no decision")

    async def stuck(item):
        await asyncio.Event().wait()

    async def main():
        flow = Flow(Breaks()).add(stuck, UtilizationCapacity(1, 1, 2, 1))
        await flow.start()
        for item in (1, 2):
            await flow.put(item)
        with pytest.raises(FlowEnded, match=r"the flow failed \(ZeroDivisionError: no decision\)") as caught:
            await flow.put(3)
        assert isinstance(caught.value.__cause__, ZeroDivisionError)
        await settle()
        await flow.stop()

    play(main())


def test_feeding_waits_at_its_end_until_everything_is_dealt_with():
    done = []

    async def slow(item):
        await asyncio.sleep(1)
        done.append(item)

    async def main():
        flow = Flow(capacity=FixedCapacity(1)).add(slow)
        async with flow.feeding() as feed:
            for item in range(5):
                await feed(item)
        assert done == list(range(5))
        await flow.stop()

    play(main())


class Opening(Resource):
    """Takes some seconds to be entered."""

    async def __aenter__(self):
        await asyncio.sleep(5)
        return self


def test_a_source_that_ends_before_everything_is_open_ends_the_flow_then():
    async def main():
        log = []
        flow = Flow().add_job_with_factory(lambda: Opening(log))
        assert [item async for item in flow.stream([])] == []
        assert set(log) == {None}

    play(main())


def test_a_flow_whose_last_item_went_through_before_all_workers_were_there_ends_when_they_are():
    class Second:
        made = 0

        def __init__(self):
            Second.made += 1
            self.opening = 5 * (Second.made - 1)

        async def __aenter__(self):
            await asyncio.sleep(self.opening)
            return same

        async def __aexit__(self, *_):
            pass

    async def main():
        flow = Flow(capacity=FixedCapacity(2)).add_job_with_factory(Second)
        starting = asyncio.create_task(flow.start())
        await asyncio.sleep(0.1)
        await flow.put(LastWorkItem())
        await starting
        await asyncio.sleep(1)
        assert flow.report.ended == "last work item"

    play(main())
