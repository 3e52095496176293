from framework.core import AbstractProcessor, Event


class Walk(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="walk", files=files):
                found = Event("file", path=None)
                for path in files:
                    found.path = path  # planted
                    context.submit(found)


class Index(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.paths = []

    def process(self, context, event):
        match event:
            case Event(name="file", path=path):
                self.paths.append(path)
