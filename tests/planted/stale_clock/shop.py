from framework.core import AbstractProcessor, Event


class Labels(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.cents = []

    def process(self, context, event):
        match event:
            case Event(name="label", cents=cents):
                self.cents.append(cents)
