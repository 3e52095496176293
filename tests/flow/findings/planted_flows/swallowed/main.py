import asyncio

from planted_flows.swallowed.polling import poll

from framework.flow import FixedCapacity, Flow


async def main():
    flow = Flow(name="polls", grace=0.5).add(poll, FixedCapacity(2))
    running = asyncio.create_task(flow.run(["here", "there"]))
    await asyncio.sleep(3)
    await flow.stop()
    await running
    return flow
