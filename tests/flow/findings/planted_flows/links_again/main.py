import asyncio

from planted_flows.links_again.site import links_of

from framework.flow import FixedCapacity, Flow, StopProcessing

flow = Flow(name="crawl")
seen = set()


async def visit(page):  # the bug: looks whether it has seen a page when it is visited, not before it is put
    if page in seen:
        raise StopProcessing
    seen.add(page)
    await asyncio.sleep(0.01)
    for link in links_of(page):
        await flow.put(link)
    return page


async def main():
    flow.add(visit, FixedCapacity(2, 10))
    await flow.run([0])
    return flow
