import asyncio

from planted_flows.never_released.accounts import audit, deposit, ledger

from framework.flow import FixedCapacity, Flow


async def main():
    flow = Flow(name="bank", grace=0.1)
    flow.add(deposit, FixedCapacity(1)).add_job_with_lock(audit, ledger, FixedCapacity(3))
    running = asyncio.create_task(flow.run([5, 3, 0, 7]))
    await asyncio.sleep(30)
    found = flow.diagnose()
    await flow.stop()
    await running
    return found
