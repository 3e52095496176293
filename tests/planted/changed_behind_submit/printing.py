from framework.core import AbstractProcessor, Event


class Printer(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.lines = []

    def process(self, context, event):
        match event:
            case Event(name="receipt", total=total):
                self.lines.append(f"{total:8.2f}")
