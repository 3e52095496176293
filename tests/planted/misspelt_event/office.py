from framework.core import AbstractProcessor, Event


class Printer(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.printed = []

    def process(self, context, event):
        match event:
            case Event(name="receipt", lines=lines):
                self.printed.append(lines)


class Stock(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.ordered = []

    def process(self, context, event):
        match event:
            case Event(name="refill", article=article):
                self.ordered.append(article)
