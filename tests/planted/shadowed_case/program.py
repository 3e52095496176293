from shadowed_case.desk import Desk
from shadowed_case.orders import Orders

from framework.core import Event, Pipeline


def run(_folder):
    pipeline = Pipeline([Orders(), Desk()], history=True)
    pipeline.submit(Event("day", orders=[("tea", False), ("serum", True), ("soap", False)]))
    return pipeline.run().findings
