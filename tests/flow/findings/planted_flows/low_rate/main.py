from planted_flows.low_rate.settings import REQUESTS_PER_SECOND

from framework.flow import FixedCapacity, Flow


async def look_up(name):
    return name.upper()


async def keep(name):
    return name


async def main():
    flow = Flow(name="names")
    flow.add(look_up, FixedCapacity(6), rate=REQUESTS_PER_SECOND)  # the bug: 200 was meant
    flow.add(keep)
    await flow.run([f"name {n}" for n in range(40)])
    return flow
