from framework.core import AbstractProcessor, Event


class Gate(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="arrived", plate=plate):
                context.submit(Event("parked", plate=plate))
            case Event(name="leaving", plate=plate):
                context.submit(Event("left", plate=plate))  # planted
