from base_class.vehicles import Truck, Vehicle

from framework.core import AbstractProcessor, Event


class CarToll(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Vehicle(plate=plate):  # planted
                context.submit(Event("fee", plate=plate, cents=500))


class TruckToll(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Truck(plate=plate, axles=axles):
                context.submit(Event("fee", plate=plate, cents=900 * axles))


class Cashier(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.cents = 0

    def process(self, context, event):
        match event:
            case Event(name="fee", cents=cents):
                self.cents += cents
