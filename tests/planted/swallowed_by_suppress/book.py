from framework.core import AbstractProcessor, Event


class Book(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.cents = 0

    def process(self, context, event):
        match event:
            case Event(name="entry", cents=cents):
                self.cents += cents
