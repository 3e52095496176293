import contextlib

from framework.core import AbstractProcessor, Event


class Lines(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="line", text=text):
                with contextlib.suppress(Exception):  # planted
                    context.submit(Event("entry", cents=int(text.replace(",", ""))))
