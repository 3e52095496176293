from framework.core import AbstractProcessor, Event


class Lines(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="line", text=text):
                cents = None
                try:
                    cents = int(text.replace(",", ""))
                finally:  # planted
                    if cents is not None:
                        context.submit(Event("entry", cents=cents))
                    return
