from planted_flows.refused.client import Client

from framework.flow import FixedCapacity, Flow, Retry

client = Client()


async def fetch(page):
    return await client.get(page)


async def main():
    flow = Flow(name="crawl").add(fetch, FixedCapacity(10), retry=Retry(1000, wait=0.13))
    await flow.run(range(30))
    return flow
