from planted_flows.ends_early.searching import find

from framework.flow import FixedCapacity, Flow


async def read(number):
    return f"line {number}" if number != 20 else "a line that is long"


async def main():
    flow = Flow(name="lines").add(read, FixedCapacity(1, 50)).add(find, FixedCapacity(1, 50))
    await flow.run(range(100))
    return flow
