from framework.core import AbstractProcessor, Event


class Desk(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.tomorrow, self.today = [], []

    def process(self, context, event):
        match event:
            case Event(name="order", item=item):
                self.tomorrow.append(item)
            case Event("order", item=item, urgent=True):  # planted
                self.today.append(item)
