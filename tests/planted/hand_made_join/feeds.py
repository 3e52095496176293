from framework.core import AbstractProcessor, Event


class Payments(AbstractProcessor):
    """Reads lines of a bank's file."""

    def process(self, context, event):
        match event:
            case Event(name="line", text=text):
                number, cents = text.split(";")
                context.submit(Event("payment", invoice=number, cents=int(cents)))
