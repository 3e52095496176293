from join_keys.keys import customer_number
from join_keys.tables import Customers, Orders

from framework.core import Pipeline
from framework.reactive import make_rendezvous


def run(_folder):
    join = make_rendezvous("pair", ["customer", "order"], customer_number)
    pipeline = Pipeline([Customers(), Orders(), *join], history=True)
    pipeline.resolve("pair")
    return pipeline.run().findings
