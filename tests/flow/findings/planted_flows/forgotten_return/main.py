from planted_flows.forgotten_return.prices import convert

from framework.flow import Flow

prices = []


async def store(price):
    prices.append(price)


async def main():
    flow = Flow(name="prices", history=True).add(convert).add(store)
    await flow.run([{"price": n, "currency": "EUR" if n % 3 else "USD"} for n in range(30)])
    return flow
