from framework.core import AbstractProcessor, Event


class Median(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.medians = []

    def process(self, context, event):
        match event:
            case Event(name="scores", values=values):
                values.sort()  # planted
                self.medians.append(values[len(values) // 2])


class Last(AbstractProcessor):
    """The score that came last."""

    def __init__(self):
        super().__init__()
        self.last = []

    def process(self, context, event):
        match event:
            case Event(name="scores", values=values):
                self.last.append(values[-1])
