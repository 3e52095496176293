from leaked_hold.fetching import Fetch
from leaked_hold.pages import Pages

from framework.core import Event, Pipeline


def run(_folder):
    pipeline = Pipeline([Fetch(), Pages()], history=True)
    pipeline.submit_all(Event("fetch", number=number) for number in range(4))
    return pipeline.run().findings
