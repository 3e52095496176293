from framework.core import AbstractProcessor, Event


class Alarm(AbstractProcessor):
    def __init__(self, limit):
        super().__init__()
        self.limit = limit
        self.rung = 0

    def process(self, context, event):
        match event:
            case Event(name="reading", sensor="roof", celsius=celsius):  # planted
                if celsius > self.limit:
                    self.rung += 1
