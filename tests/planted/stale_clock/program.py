from stale_clock.prices import Price
from stale_clock.shop import Labels

from framework.core import Event, Pipeline


def run(folder):
    for _ in range(2):
        pipeline = Pipeline([Price(), Labels()], history=True, workspace=folder / "results")
        pipeline.submit_all(Event("article", cents=cents) for cents in (120, 250))
        findings = pipeline.run().findings
    return findings
