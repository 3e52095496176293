from impossible_guard.bank import Ledger, Reviews, Transfers

from framework.core import Event, Pipeline


def run(_folder):
    pipeline = Pipeline([Transfers(), Reviews(), Ledger()], history=True)
    for euros in (20, 700, 4_000, 12_000, 900):
        pipeline.submit(Event("transfer", euros=euros, to="anna"))
        pipeline.submit(Event("deposit", euros=euros))
    return pipeline.run().findings
