from framework.core import AbstractProcessor, Event


class Sensor(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="tick", number=number):
                context.submit(Event("reading", sensor="roof", celcius=20 + number % 3))
