from framework.core import AbstractProcessor, Event


class Batches(AbstractProcessor):
    def __init__(self, size):
        super().__init__()
        self.size = size
        self.buffer = []

    def process(self, context, event):
        match event:
            case Event(name="measured", value=value):
                self.buffer.append(value)
                if len(self.buffer) == self.size:
                    context.submit(Event("batch", values=self.buffer))  # planted
                    self.buffer.clear()


class Means(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.means = []

    def process(self, context, event):
        match event:
            case Event(name="batch", values=values):
                self.means.append(sum(values) / max(1, len(values)))
