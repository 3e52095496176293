import time

from framework.core import AbstractProcessor, Event


class Thumbnails(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="picture", number=number):
                context.submit(Event("thumbnail", number=number))


class Faces(AbstractProcessor):
    def process(self, context, event):  # planted
        match event:
            case Event(name="thumbnail", number=number):
                time.sleep(0.1)  # a service that answers slowly
                context.submit(Event("faces", number=number, count=number % 3))


class Album(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.faces = 0

    def process(self, context, event):
        match event:
            case Event(name="faces", count=count):
                self.faces += count
