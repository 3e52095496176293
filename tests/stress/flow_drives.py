"""How the flow of a `World` is driven and ended."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

from flow_ledger import LATEST
from flow_world import FEEDS, Broken, World

from framework.flow import FlowEnded, LastWorkItem, LifecycleError, UtilizationCapacity


async def live_through(world: World) -> None:
    """Drive the flow as its plan says, and end it; what breaks has to be in the report."""
    flow, plan = world.flow, world.plan
    if plan.eager and hasattr(asyncio, "eager_task_factory"):
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    driver = asyncio.create_task(drive(world), name="driver")
    meddler = asyncio.create_task(meddle(world), name="meddler") if plan.meddles else None
    if plan.ending in ("stop", "cancel"):
        await asyncio.sleep(plan.moment)
        if plan.ending == "stop":
            await flow.stop()
        else:
            driver.cancel()
    await asyncio.wait({driver})
    if meddler is not None:
        meddler.cancel()
        await asyncio.wait({meddler})
    error = None if driver.cancelled() else driver.exception()
    if isinstance(error, Broken):
        assert flow.report is not None
        assert flow.report.error is error
    elif error is not None:
        raise error
    await flow.stop()
    await flow.stop()


async def meddle(world: World) -> None:
    """Pause, resume and configure jobs for a while."""
    flow, random = world.flow, world.random
    for _ in range(random.randint(1, 6)):
        await asyncio.sleep(random.choice((0, 0.002, 0.01)))
        with contextlib.suppress(LifecycleError):
            number = random.randrange(len(world.plan.jobs))
            name = random.choice((None, f"job {number}"))
            match random.choice(("pause", "configure")):
                case "pause":
                    flow.pause(name)
                    await asyncio.sleep(random.choice((0, 0.003)))
                    flow.resume(name)
                case "configure":
                    plan = world.plan.jobs[number]
                    most = random.randint(1, plan.most)
                    flow.configure(f"job {number}", UtilizationCapacity(1, min(1, most), most, random.randint(1, 5)))
        world.expect(not flow.running or bool(flow.why_waiting()), "a flow that runs waits for nothing")


async def drive(world: World) -> None:
    """Put all items in, and wait for the end where the way of driving has one."""
    flow = world.flow
    choice = {"on_source_error": "drop" if world.plan.drops else "finish"}
    match world.plan.drive:
        case "list":
            await flow.run(items(world), **choice)
        case "async":
            await flow.run(lambda: slowly(world), **choice)
        case "context":
            await flow.run(Source(world), **choice)
        case "stream" | "ordered" as how:
            results = [result async for result in flow.stream(slowly(world), ordered=how == "ordered", **choice)]
            was_fed = world.feeds < FEEDS  # what processors put comes when it was put
            world.expect(how == "stream" or was_fed or results == sorted(results), "results out of order")
        case "feeding":
            await flow.start()
            feeder = asyncio.create_task(feed(world))
            try:
                await flow.run()
            finally:
                await feeder
        case "puts":
            await flow.start()
            puts = [asyncio.create_task(put(world, item)) for item in items(world)]
            try:
                if puts and flow.running:  # else stopped: another run would wait for a first item
                    await flow.run()
            finally:
                await asyncio.gather(*puts)
        case "started":
            await flow.start()
            await flow.start()
            for item in items(world):
                await put(world, item)
            await flow.drain()


def items(world: World) -> Iterator[Any]:
    """The items of a plan; a LastWorkItem or an error may be among them."""
    plan = world.plan
    special = world.random.randint(0, plan.items)
    for item in range(plan.items + 1):
        if item == special and plan.ending == "last":
            yield LastWorkItem(world.ledger.new(LATEST)) if plan.value else LastWorkItem()
        if item == special and plan.source_breaks:
            raise Broken("source")
        if item < plan.items:
            yield world.ledger.new(item)


async def slowly(world: World) -> AsyncIterator[Any]:
    """The items, some of them late."""
    for item in items(world):
        if world.random.random() < 0.1:
            await asyncio.sleep(0.002)
        yield item


class Source:
    """A source that is opened and closed, one of which breaks now and then."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.breaks = world.random.choice(("never", "never", "never", "opening", "closing"))

    async def __aenter__(self) -> AsyncIterator[Any]:
        await asyncio.sleep(self.world.random.choice((0, 0.002)))
        if self.breaks == "opening":
            raise Broken("source")
        return slowly(self.world)

    async def __aexit__(self, *_: object) -> None:
        await asyncio.sleep(self.world.random.choice((0, 0.002)))
        if self.breaks == "closing":
            raise Broken("source")


async def feed(world: World) -> None:
    """Feed the items from outside."""
    with contextlib.suppress(FlowEnded):
        async with world.flow.feeding() as hand_in:
            for item in items(world):
                await asyncio.sleep(world.random.choice((0, 0, 0.004)))
                await hand_in(item)


async def put(world: World, item: Any) -> None:
    """Put an item, unless the flow has ended."""
    with contextlib.suppress(FlowEnded):
        await world.flow.put(item)
