from framework.core import AbstractProcessor, Event


class Matching(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.open = {}

    def process(self, context, event):
        match event:
            case Event(name="invoice", invoice=invoice, cents=cents):
                self.open[invoice] = cents
            case Event(name="payment", invoice=invoice, cents=cents):  # planted
                if self.open.get(invoice) == cents:
                    context.submit(Event("settled", invoice=invoice))


class Settled(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.numbers = []

    def process(self, context, event):
        match event:
            case Event(name="settled", invoice=invoice):
                self.numbers.append(invoice)
