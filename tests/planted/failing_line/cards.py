from failing_line.records import title

from framework.core import AbstractProcessor, Event


class Cards(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="person", person=person):
                context.submit(Event("card", text=title(person)))


class Box(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.cards = []

    def process(self, context, event):
        match event:
            case Event(name="card", text=text):
                self.cards.append(text)
