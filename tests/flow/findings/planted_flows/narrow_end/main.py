import asyncio

from planted_flows.narrow_end.storing import write

from framework.flow import FixedCapacity, Flow


async def fetch(row):
    await asyncio.sleep(0.001)
    return row


async def main():
    flow = Flow(name="copy").add(fetch, FixedCapacity(12, 4)).add(write, FixedCapacity(1, 4))
    await flow.run(range(60))
    return flow
