"""`interrupted_flows.py <seed> <count>` interrupts so many flows under `asyncio.run`, each at a random moment."""

import asyncio
import contextlib
from collections import Counter

from interrupts import interrupt, main, seconds_of

from framework.flow import Flow, UtilizationCapacity

ITEMS = 600
WAYS = ("run", "stream", "put")


class Session:
    """What a worker works with while it is open; fails on each tenth item."""

    def __init__(self, underway):
        self.underway = underway

    async def __aenter__(self):
        self.underway.counts["open"] += 1
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, *_):
        await asyncio.sleep(0)
        self.underway.counts["open"] -= 1

    async def __call__(self, item):
        await asyncio.sleep(0)
        if item % 10 == 0:
            raise ValueError(item)
        return item


class Underway:
    """A flow that is driven in one of the `WAYS`, and what is seen of it."""

    def __init__(self, way):
        self.way = way
        self.counts = Counter()
        self.left = []
        capacity = UtilizationCapacity(2, 1, 4, queue_length=5)
        self.flow = Flow(capacity=capacity).add_job_with_factory(lambda: Session(self), name="session").add(self.keep)

    async def keep(self, item):
        self.counts["kept"] += 1

    async def main(self):
        try:
            await self.drive()
        finally:
            self.left = [task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()]

    async def drive(self):
        match self.way:
            case "run":
                await self.flow.run(range(ITEMS))
            case "stream":
                async with contextlib.aclosing(self.flow.stream(range(ITEMS))) as results:
                    async for _ in results:
                        await asyncio.sleep(0)
            case "put":
                try:
                    await self.flow.start()
                    for item in range(ITEMS):
                        await self.flow.put(item)
                    await self.flow.drain()
                finally:
                    await self.flow.stop()

    def check(self):
        """Nothing is left, and every item is accounted for."""
        assert not self.left, self.left
        assert not self.counts["open"]
        report = self.flow.report
        if report is None:  # interrupted before it began
            assert not self.counts["kept"]
            return "not begun"
        assert not self.flow.running
        assert report.counts["taken"] == report.counts.ended, report
        assert report.counts["done"] == self.counts["kept"], report
        return report.ended


def campaign(random, count):
    """Interrupt, and see what is left."""
    counts = Counter()
    usual = {way: min(seconds_of(lambda way=way: asyncio.run(Underway(way).main())) for _ in range(3)) for way in WAYS}
    for _ in range(int(count)):
        underway = Underway(random.choice(WAYS))
        seconds = random.uniform(0, usual[underway.way])
        interrupt(lambda underway=underway: asyncio.run(underway.main()), seconds)
        underway.check()
        counts["interrupts sent"] += 1
        counts["hit a running flow"] += bool(underway.counts["kept"]) and underway.counts["kept"] < ITEMS * 9 // 10
        counts["items"] += underway.flow.report.counts["taken"] if underway.flow.report else 0
    return counts


if __name__ == "__main__":
    main(campaign)
