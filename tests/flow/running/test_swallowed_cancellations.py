"""What ends cleanly and what sees the exception where a cancellation is swallowed, or comes during a release."""

import asyncio

import pytest
from flow_samples import same

from framework.flow import FixedCapacity, Flow, LastWorkItem, UtilizationCapacity
from virtual_time import play

pytestmark = pytest.mark.timeout(60)


class Clinging:
    """A resource that ignores a cancellation while it is entered; notes how it was left."""

    def __init__(self, left):
        self.left = left

    async def __aenter__(self):
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            await asyncio.sleep(0)
        return same

    async def __aexit__(self, kind, *_):
        self.left.append(kind)


@pytest.mark.parametrize("is_shared", [False, True], ids=["of each worker", "shared"])
def test_a_resource_that_swallows_its_cancellation_while_it_is_entered_is_left_with_the_exception(is_shared):
    left = []

    async def main():
        flow = Flow(capacity=FixedCapacity(1))
        flow.add_job_with_factory(Clinging(left) if is_shared else lambda: Clinging(left))
        running = asyncio.create_task(flow.run([1]))
        await asyncio.sleep(1)
        await flow.stop()
        await asyncio.wait({running})
        return flow.report

    report = play(main())
    assert (report.ended, left, report.cut_off) == ("stopped", [asyncio.CancelledError], ())


def test_a_body_that_swallows_the_stop_does_not_make_its_resource_see_a_clean_exit():
    left = []

    class Resource:
        async def __aenter__(self):
            return self

        async def __call__(self, item):
            try:
                await asyncio.sleep(30)
            except asyncio.CancelledError:
                return item

        async def __aexit__(self, kind, *_):
            left.append(kind)

    async def main():
        flow = Flow(capacity=FixedCapacity(1)).add_job_with_factory(Resource)
        await flow.start()
        await flow.put(1)
        await asyncio.sleep(1)
        await flow.stop()

    play(main())
    assert left == [asyncio.CancelledError]


def test_shared_resources_see_what_the_release_of_the_last_worker_raised():
    left = []

    class Shared:
        async def __aenter__(self):
            return same

        async def __aexit__(self, kind, *_):
            left.append(kind)

    class Breaks:
        def __init__(self, number):
            self.number = number

        async def __aenter__(self):
            return same

        async def __aexit__(self, *_):
            await asyncio.sleep(1)
            if self.number == 3:
                raise OSError("the connection is gone")

    async def main():
        numbers = iter(range(4))
        flow = Flow(capacity=FixedCapacity(4)).add_job_with_factory(Shared())
        flow.add_job_with_factory(lambda: Breaks(next(numbers)))
        with pytest.raises(OSError, match="gone"):
            await flow.run([1])

    play(main())
    assert left == [OSError]


@pytest.mark.parametrize("grace", [0, 5])
def test_a_worker_that_opens_although_it_was_cancelled_is_left_cleanly_when_the_flow_is_finished(grace):
    left = []

    class Slow(Clinging):
        async def __aexit__(self, kind, *_):
            try:
                await asyncio.sleep(100)
            except asyncio.CancelledError:
                kind = "cut off"
            await super().__aexit__(kind)

    async def main():
        flow = Flow(grace=grace).add(same)
        flow.add_job_with_factory(lambda: Slow(left), UtilizationCapacity(0, 0, 1), name="late")
        flow.add(same)
        await flow.start()
        flow.configure("late", FixedCapacity(1))
        return await flow.run([])

    report = play(main())
    assert (report.ended, left) == ("finished", [None])


def test_a_stop_gives_a_shared_resource_its_whole_grace_however_long_the_end_took_before():
    log = []

    class Shared:
        async def __aenter__(self):
            return same

        async def __aexit__(self, *_):
            try:
                await asyncio.sleep(100)
            except asyncio.CancelledError:
                log.append(asyncio.get_running_loop().time())
                raise

    async def main():
        flow = Flow(grace=0).add_job_with_factory(Shared(), FixedCapacity(1))
        running = asyncio.create_task(flow.run([1]))
        await asyncio.sleep(50)
        await flow.stop(grace=20)
        await asyncio.wait({running})

    play(main())
    assert log == [70]


class Entered:
    """A shared resource that takes a second to be left, and swallows the error that it sees."""

    def __init__(self, log):
        self.log = log

    async def __aenter__(self):
        return same

    async def __aexit__(self, kind, *_):
        await asyncio.sleep(1)
        self.log.append(kind)
        return True


class Unreachable:
    """A shared resource that cannot be entered."""

    async def __aenter__(self):
        raise OSError("the host is away")

    async def __aexit__(self, *_):
        raise AssertionError


def half_entered(log):
    flow = Flow().add_job_with_factory(Entered(log), name="entered")
    return flow.add_job_with_factory(Unreachable(), name="unreachable")


def test_a_stop_leaves_the_grace_to_what_a_start_that_failed_had_entered():
    log = []

    async def main():
        flow = half_entered(log)
        starting = asyncio.create_task(flow.start())
        await asyncio.sleep(0.5)
        await flow.stop()
        await asyncio.wait({starting})
        return starting.exception()

    assert isinstance(play(main()), OSError)
    assert log == [OSError]


def test_a_start_fails_although_another_resource_swallows_what_was_raised():
    log = []
    with pytest.raises(OSError, match="the host is away"):
        play(half_entered(log).run([1]))
    assert log == [OSError]


def test_nothing_more_is_entered_once_a_resource_has_swallowed_the_stop():
    entered = []

    class Second:
        async def __aenter__(self):
            entered.append(self)
            return same

        async def __aexit__(self, *_):
            pass

    async def main():
        flow = Flow().add_job_with_factory(Clinging([])).add_job_with_factory(Second())
        starting = asyncio.create_task(flow.start())
        await asyncio.sleep(1)
        await flow.stop()
        await asyncio.wait({starting})

    play(main())
    assert entered == []


class Source:
    """A source that takes a second to be left; notes how it was left and whether that was cut off."""

    def __init__(self, items, left):
        self.items, self.left = items, left

    async def __aenter__(self):
        return self.items

    async def __aexit__(self, kind, *_):
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            self.left.append("cut off")
            raise
        self.left.append(kind)


@pytest.mark.parametrize("drive", ["run", "stream"])
def test_a_flow_that_a_last_item_ends_waits_until_its_source_was_left(drive):
    left = []

    async def last(item):
        await asyncio.sleep(0)
        return LastWorkItem() if item == 2 else item

    async def main():
        flow = Flow(capacity=FixedCapacity(1, 1), grace=0).add(last)
        source = Source(range(100), left)
        if drive == "run":
            return await flow.run(source)
        async for _ in flow.stream(source):
            pass
        return flow.report

    report = play(main())
    assert (report.ended, report.cut_off) == ("last work item", ())
    assert left == [None]


def test_a_source_that_is_being_left_when_the_flow_ends_is_not_disturbed():
    left = []

    async def last(item):
        await asyncio.sleep(0.5)
        return LastWorkItem()

    report = play(Flow(capacity=FixedCapacity(1), grace=0).add(last).run(Source([1], left)))
    assert (report.ended, left) == ("last work item", [None])


def test_a_source_that_pauses_for_ever_does_not_keep_a_last_item_from_ending_the_flow():
    async def pausing():
        yield 1
        await asyncio.sleep(1e9)

    async def last(_):
        return LastWorkItem()

    report = play(Flow().add(last).run(pausing()))
    assert (report.ended, report.cut_off) == ("last work item", ())


def test_a_stop_cuts_off_a_source_that_takes_longer_than_the_grace_to_be_left():
    left = []

    async def main():
        flow = Flow(grace=0.5).add(same)
        running = asyncio.create_task(flow.run(Source([1], left)))
        await asyncio.sleep(0.1)
        await flow.stop()
        await asyncio.wait({running})
        return flow.report

    report = play(main())
    assert left == ["cut off"]
    assert report.cut_off == ("flow/source",)
