from framework.core import AbstractProcessor, Event


class Lines(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="line", text=text):
                try:
                    cents = int(text.replace(",", ""))
                except Exception:  # planted
                    return
                context.submit(Event("entry", cents=cents))
