from planted_flows.no_error_job.rules import check

from framework.flow import Flow


async def validate(order):
    check(order)
    return order


async def bill(order):
    return order["amount"] * 2


async def main():
    flow = Flow(name="orders").add(validate).add(bill)
    await flow.run([{"amount": n % 5} for n in range(25)])
    return flow
