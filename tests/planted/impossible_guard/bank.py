from impossible_guard import limits

from framework.core import AbstractProcessor, Event


class Transfers(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="transfer", euros=euros, to=to) if euros > limits.LARGE_CENTS:  # planted
                context.submit(Event("review", euros=euros, to=to))
            case Event(name="deposit", euros=euros):
                context.submit(Event("booked", euros=euros))


class Reviews(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.waiting = []

    def process(self, context, event):
        match event:
            case Event(name="review", to=to):
                self.waiting.append(to)


class Ledger(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.total = 0

    def process(self, context, event):
        match event:
            case Event(name="booked", euros=euros):
                self.total += euros
