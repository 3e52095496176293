from framework.core import AbstractProcessor, Event


class Pages(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.numbers = []

    def process(self, context, event):
        match event:
            case Event(name="page", number=number):
                self.numbers.append(number)
