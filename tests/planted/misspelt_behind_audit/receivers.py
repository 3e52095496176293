from framework.core import AbstractProcessor, Event


class Spaces(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.taken = set()

    def process(self, context, event):
        match event:
            case Event(name="parked", plate=plate):
                self.taken.add(plate)
            case Event(name="leaft", plate=plate):  # planted
                self.taken.discard(plate)


class Audit(AbstractProcessor):
    """Keeps everything that happens."""

    def __init__(self):
        super().__init__()
        self.seen = 0

    def process(self, context, event):
        self.seen += 1
