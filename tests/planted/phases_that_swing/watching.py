from framework.core import AbstractProcessor, Event


class Watch(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.open = False

    def process(self, context, event):
        match event:
            case Event(name="__PHASE__"):  # planted
                self.open = not self.open
                context.submit(Event("poll", host="db" if self.open else "web"))


class Hosts(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.polled = 0

    def process(self, context, event):
        match event:
            case Event(name="poll", host=host):
                self.polled += len(host)
