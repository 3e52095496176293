from stale_environment.rates import rate

from framework.core import AbstractProcessor, Event, caching


class Convert(AbstractProcessor):
    @caching
    def process(self, context, event):
        match event:
            case Event(name="price", euros=euros):
                context.submit(Event("dollars", amount=euros * rate()))


class Sum(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.total = 0

    def process(self, context, event):
        match event:
            case Event(name="dollars", amount=amount):
                self.total += amount
