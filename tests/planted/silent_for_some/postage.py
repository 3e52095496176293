from silent_for_some.tariffs import TARIFFS

from framework.core import AbstractProcessor, Event


class Postage(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="parcel", country=country, kilos=kilos):  # planted
                tariff = TARIFFS.get(country)
                if tariff:
                    context.submit(Event("stamp", country=country, euros=tariff * kilos))


class Stamps(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.sold = 0

    def process(self, context, event):
        match event:
            case Event(name="stamp", euros=euros):
                self.sold += euros
