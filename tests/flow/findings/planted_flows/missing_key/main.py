from planted_flows.missing_key.parsing import price_of

from framework.flow import Flow


async def parse(row):
    return row["name"], price_of(row)


async def store(found):
    return found


async def main():
    flow = Flow(name="prices").add(parse).add(store)
    await flow.run([{"name": n, "price": "1.5"} if n % 4 else {"name": n} for n in range(20)])
    return flow
