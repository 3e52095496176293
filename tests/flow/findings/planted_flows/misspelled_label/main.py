from planted_flows.misspelled_label.kinds import kind_of

from framework.flow import Flow, router


async def invoice(document):
    return document["total"]


async def letter(document):
    return document["text"]


async def main():
    flow = Flow(name="post").add(router(kind_of, invoice=invoice, letter=letter, name="kind"))
    await flow.run([{"total": n % 3, "text": f"letter {n}"} for n in range(30)])
    return flow
