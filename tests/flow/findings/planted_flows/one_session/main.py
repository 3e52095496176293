from planted_flows.one_session.jobs import ask, length, session

from framework.flow import FixedCapacity, Flow


async def main():
    flow = Flow(name="scrape").add_job_with_lock(ask, session.lock, FixedCapacity(8)).add(length)
    await flow.run([f"page {n}" for n in range(40)])
    return flow
