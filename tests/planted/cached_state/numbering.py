from framework.core import AbstractProcessor, Event, caching


class Number(AbstractProcessor):
    """Gives each document the next number."""

    def __init__(self):
        super().__init__()
        self.next = 1

    @caching
    def process(self, context, event):
        match event:
            case Event(name="document", title=title):
                context.submit(Event("numbered", title=title, number=self.next))
                self.next += 1  # planted


class Shelf(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.places = {}

    def process(self, context, event):
        match event:
            case Event(name="numbered", title=title, number=number):
                self.places[number] = title
