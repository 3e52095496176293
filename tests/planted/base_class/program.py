from base_class.tolls import CarToll, Cashier, TruckToll
from base_class.vehicles import Truck, Vehicle

from framework.core import Pipeline


def run(_folder):
    pipeline = Pipeline([CarToll(), TruckToll(), Cashier()], history=True)
    for number in range(4):
        pipeline.submit(Vehicle("passed", plate=f"C-{number}"))
        pipeline.submit(Truck("passed", plate=f"T-{number}", axles=3))
    return pipeline.run().findings
