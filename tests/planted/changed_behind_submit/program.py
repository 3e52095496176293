from changed_behind_submit.printing import Printer
from changed_behind_submit.till import Till

from framework.core import Event, Pipeline


def run(_folder):
    pipeline = Pipeline([Till(), Printer()], history=True)
    pipeline.submit_all(Event("sale", prices=prices) for prices in ([1.5, 2.0], [4.0], [0.5, 0.5]))
    return pipeline.run().findings
