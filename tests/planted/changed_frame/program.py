from changed_frame.loading import Load
from changed_frame.reports import Paper, Shares, Totals

from framework.core import Event, Pipeline


def run(_folder):
    pipeline = Pipeline([Load(), Shares(), Totals(), Paper()], history=True, max_workers=1)
    pipeline.submit(Event("load", rows=50))
    return pipeline.run().findings
