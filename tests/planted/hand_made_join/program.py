from hand_made_join.feeds import Payments
from hand_made_join.ledger import Matching, Settled

from framework.core import Event, Pipeline


def run(_folder):
    pipeline = Pipeline([Payments(), Matching(), Settled()], history=True)
    for number in range(5):
        pipeline.submit(Event("invoice", invoice=number, cents=100 * number))
    for number in range(5):
        pipeline.submit(Event("line", text=f"{number};{100 * number}"))
    return pipeline.run().findings
