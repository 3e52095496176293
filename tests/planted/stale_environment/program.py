import os

from stale_environment.money import Convert, Sum

from framework.core import Event, Pipeline


def run(folder):
    for rate in ("1.10", "1.25"):
        os.environ["EXCHANGE_RATE"] = rate
        pipeline = Pipeline([Convert(), Sum()], history=True, workspace=folder / "results")
        for euros in (1, 2, 5):
            pipeline.submit(Event("price", euros=euros))
        findings = pipeline.run().findings
    del os.environ["EXCHANGE_RATE"]
    return findings
