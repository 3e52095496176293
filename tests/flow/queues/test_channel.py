"""The queue in front of a job: bounds, turns, and wake-ups that are never lost."""

from __future__ import annotations

import asyncio

import pytest

from framework.errors import FlowEnded, LifecycleError
from framework.flow.queues.channel import Channel
from virtual_time import play, settle

pytestmark = pytest.mark.timeout(30)


class Taker:
    """Waits for an item as a worker does, and takes one."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.waiter = asyncio.get_running_loop().create_future()
        self.got: list[object] = []

    async def take(self) -> None:
        while not self.channel.buffer:
            self.waiter = asyncio.get_running_loop().create_future()
            self.channel.park(self)
            try:
                stays = await self.waiter
            except BaseException:
                self.channel.abandon(self)
                raise
            if not stays:
                return
            self.channel.unpark()
        self.got.append(self.channel.buffer.popleft())
        self.channel.took()


def opened(bound: int, changes: list[int] | None = None) -> Channel:
    channel = Channel("job")
    channel.open(bound, lambda: changes.append(1) if changes is not None else None)
    return channel


def test_a_channel_that_is_not_open_says_whether_it_was():
    async def main():
        channel = Channel("job")
        with pytest.raises(LifecycleError, match="job has not been started"):
            await channel.put(1)
        channel.open(1, bool)
        channel.close()
        with pytest.raises(FlowEnded, match="job takes nothing more"):
            await channel.put(1)

    play(main())


def test_items_for_idle_takers_do_not_count_against_the_bound():
    async def main():
        channel = opened(2)
        takers = [asyncio.create_task(Taker(channel).take()) for _ in range(3)]
        await settle()
        assert [channel.offer(item) for item in range(6)] == [True] * 5 + [False]
        assert channel.waiting == 2
        await asyncio.gather(*takers)
        assert list(channel.buffer) == [3, 4]
        assert not channel.room

    play(main())


def test_a_put_does_not_overtake_those_that_wait():
    async def main():
        channel = opened(1)
        channel.offer(0)
        first = asyncio.create_task(channel.put(1))
        await settle()
        channel.buffer.popleft()  # room, but the first has not been told yet
        assert not channel.offer(2)
        second = asyncio.create_task(channel.put(2))
        channel.took()
        await first
        assert list(channel.buffer) == [1]
        second.cancel()
        await asyncio.wait({second})

    play(main())


def test_a_wake_up_that_meets_a_cancelled_taker_goes_to_the_next():
    async def main():
        channel = opened(1)
        takers = [Taker(channel) for _ in range(2)]
        tasks = [asyncio.create_task(taker.take()) for taker in takers]
        await settle()
        channel.offer("item")
        tasks[0].cancel()  # it has been woken and has not run yet
        await asyncio.wait({tasks[1]}, timeout=1)
        assert takers[1].got == ["item"]
        assert tasks[0].cancelled()
        assert channel.idle == 0

    play(main())


def test_room_that_meets_a_cancelled_put_goes_to_the_next():
    async def main():
        changes: list[int] = []
        channel = opened(1, changes)
        channel.offer(0)
        puts = [asyncio.create_task(channel.put(item)) for item in (1, 2)]
        await settle()
        channel.buffer.popleft()
        channel.took()
        puts[0].cancel()  # it has been invited and has not run yet
        await asyncio.wait({puts[1]}, timeout=1)
        assert list(channel.buffer) == [2]
        assert puts[0].cancelled()
        assert channel.putting == 0
        assert len(changes) == 1  # the one that gave up

    play(main())


def test_a_waiting_put_that_is_cancelled_is_forgotten():
    async def main():
        channel = opened(1)
        channel.offer(0)
        put = asyncio.create_task(channel.put(1))
        await settle()
        put.cancel()
        await asyncio.wait({put})
        await Taker(channel).take()
        assert channel.offer(2)
        assert channel.taken == 2

    play(main())


def test_the_one_that_came_to_rest_last_retires_first_and_takes_no_item_along():
    async def main():
        channel = opened(1)
        takers = [Taker(channel) for _ in range(2)]
        tasks = [asyncio.create_task(taker.take()) for taker in takers]
        await settle()
        assert channel.retire(takers) is takers[1]
        channel.offer("item")
        await asyncio.gather(*tasks)
        assert (takers[0].got, takers[1].got) == (["item"], [])
        assert channel.retire(takers) is None

    play(main())


def test_closing_sends_everybody_away_who_waits_for_room():
    async def main():
        channel = opened(1)
        channel.offer(0)
        put = asyncio.create_task(channel.put(1))
        forward = asyncio.create_task(channel.wait_room())
        await settle()
        channel.close()
        assert await forward is False
        with pytest.raises(FlowEnded):
            await put
        assert channel.clear() == [0]

    play(main())


def test_a_burst_wakes_every_taker_that_it_needs():
    async def main():
        channel = opened(10)
        takers = [Taker(channel) for _ in range(4)]
        tasks = [asyncio.create_task(taker.take()) for taker in takers]
        await settle()
        for item in range(3):
            channel.offer(item)
        await settle()
        assert sorted(got for taker in takers for got in taker.got) == [0, 1, 2]
        assert sum(task.done() for task in tasks) == 3
        channel.offer(3)
        await asyncio.gather(*tasks)

    play(main())


def test_a_taker_that_is_cancelled_after_it_was_retired_is_counted_out_once():
    async def main():
        channel = opened(1)
        taker = Taker(channel)
        task = asyncio.create_task(taker.take())
        await settle()
        assert channel.retire({taker}) is taker
        task.cancel()  # it has been sent away and has not run yet
        await asyncio.wait({task})
        assert channel.idle == 0

    play(main())


@pytest.mark.parametrize("others", [0, 2])
def test_an_item_whose_only_takers_were_cancelled_waits_for_the_next(others):
    async def main():
        channel = opened(1)
        tasks = [asyncio.create_task(Taker(channel).take()) for _ in range(1 + others)]
        await settle()
        for task in tasks[1:]:
            task.cancel()  # before a taker was told of the item
        channel.offer("item")
        tasks[0].cancel()  # after it was
        await asyncio.wait(tasks)
        assert not channel.calling
        late = Taker(channel)
        await late.take()
        assert late.got == ["item"]

    play(main())


def test_only_those_that_are_asked_for_retire():
    async def main():
        channel = opened(1)
        takers = [Taker(channel) for _ in range(3)]
        tasks = [asyncio.create_task(taker.take()) for taker in takers]
        await settle()
        assert channel.retire(takers[:1]) is takers[0]
        assert channel.retire([]) is None
        await asyncio.wait(tasks[:1])
        assert channel.idle == 2
        for task in tasks[1:]:
            task.cancel()
        await asyncio.wait(tasks)

    play(main())


def test_one_that_gave_up_waiting_is_passed_over_by_the_next_item():
    async def main():
        channel = opened(1)
        impatient, patient = Taker(channel), Taker(channel)
        channel.parked.append(impatient)  # beside the idle ones, as one that lingers for more
        task = asyncio.create_task(patient.take())
        await settle()
        impatient.waiter.set_result(False)
        channel.offer("item")
        channel.left(impatient)
        await task
        assert patient.got == ["item"]
        assert not channel.parked

    play(main())
