from framework.core import AbstractProcessor, Event


class Watch(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.open = False

    def process(self, context, event):
        match event:
            case Event(name="__PHASE__", phase=phase):  # planted
                host = ("db", "web", "mail")[phase % 3]
                context.submit(Event("poll", host=host))
                if host == "mail":
                    context.submit(Event("poll", host="relay"))


class Hosts(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.polled = 0

    def process(self, context, event):
        match event:
            case Event(name="poll", host=host):
                self.polled += len(host)
