from misspelt_event.office import Printer, Stock
from misspelt_event.till import Till

from framework.core import Event, Pipeline


def run(_folder):
    pipeline = Pipeline([Till(), Printer(), Stock()], history=True)
    for goods in (["tea"], ["tea", "jam"], ["tea"]):
        pipeline.submit(Event("basket", goods=goods))
    return pipeline.run().findings
