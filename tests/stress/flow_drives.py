"""How the flow of a `World` is driven and ended."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

from flow_world import Broken, World

from framework.flow import FlowEnded, LastWorkItem


async def live_through(world: World) -> None:
    """Drive the flow as its plan says, and end it; what breaks has to be in the report."""
    flow, plan = world.flow, world.plan
    driver = asyncio.create_task(drive(world), name="driver")
    if plan.ending in ("stop", "cancel"):
        await asyncio.sleep(plan.moment)
        if plan.ending == "stop":
            await flow.stop()
        else:
            driver.cancel()
    await asyncio.wait({driver})
    error = None if driver.cancelled() else driver.exception()
    if isinstance(error, Broken):
        assert flow.report is not None
        assert flow.report.error is error
    elif error is not None:
        raise error
    await flow.stop()
    await flow.stop()


async def drive(world: World) -> None:
    """Put all items in, and wait for the end where the way of driving has one."""
    flow = world.flow
    match world.plan.drive:
        case "list":
            await flow.run(items(world))
        case "async":
            await flow.run(lambda: slowly(world))
        case "stream" | "ordered" as how:
            results = [result async for result in flow.stream(slowly(world), ordered=how == "ordered")]
            world.expect(how == "stream" or results == sorted(results), "results out of order")
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
                if puts:
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
            yield LastWorkItem()
        if item == special and plan.source_breaks:
            raise Broken("source")
        if item < plan.items:
            yield item


async def slowly(world: World) -> AsyncIterator[Any]:
    """The items, some of them late."""
    for item in items(world):
        if world.random.random() < 0.1:
            await asyncio.sleep(0.002)
        yield item


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
